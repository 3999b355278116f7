"""What the HTTP doors share: the dialect contract, dispatch, errors, limits, OpenAPI."""
