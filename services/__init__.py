"""The bounded contexts. Each owns its streams and tables and knows the others by event type, RPC name and golden JSON only."""
