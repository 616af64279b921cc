"""Makes the reference of the HTTP API from the code: one OpenAPI document, and a page to read it on."""
