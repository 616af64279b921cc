"""The development server: API Gateway's HTTP API, Lambda and DynamoDB in one process. Never deployed."""
