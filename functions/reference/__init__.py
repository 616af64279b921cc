"""The API's reference."""
