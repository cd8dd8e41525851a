"""The sandbox described in OpenAPI 3.1, from the same tables that the requests of the SDK are built from."""
