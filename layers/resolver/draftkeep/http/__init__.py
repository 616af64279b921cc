"""The only part that knows HTTP, API Gateway events and Powertools."""
