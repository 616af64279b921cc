"""Suites that hold on every engine: run on locked moto by tests/moto and on DynamoDB Local by tests/engine."""
