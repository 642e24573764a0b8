"""The command `wq`: composition roots of every process, private servers for development, the demonstration."""
