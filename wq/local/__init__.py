"""Private PostgreSQL and RabbitMQ for development and tests: free ports, one directory, nothing left behind."""
