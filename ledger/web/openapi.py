"""One OpenAPI document for each dialect, and a page that shows it with assets of our own."""

from __future__ import annotations

from importlib.metadata import version

from flask import Flask
from flask_smorest import Api

from ledger.web.dialect import Dialect

# The page loads nothing from elsewhere; Swagger UI sets styles on its elements and draws with data: images.
PAGE_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
)


class DialectApi(Api):
    """flask-smorest's Api without its app-wide error handler and its generic error response: `web.errors` and
    the dialects have their own."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Register none: one handler for all dialects stands in `web.errors`."""

    def _register_responses(self) -> None:
        """Register none: each dialect documents its own errors."""

    def _register_pagination_header(self) -> None:
        """Register none: each dialect has its own pages."""


def publish(app: Flask, dialect: Dialect) -> None:
    """Register a dialect's routes, its document at PREFIX/openapi.json and its page at PREFIX/docs."""
    config_prefix = dialect.name.upper()
    settings = {
        "API_TITLE": dialect.title,
        "API_VERSION": version("tapledger"),
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": dialect.prefix,
        "OPENAPI_JSON_PATH": "openapi.json",
        "OPENAPI_SWAGGER_UI_PATH": "docs",
        "OPENAPI_SWAGGER_UI_URL": "/static/vendor/swagger-ui/",
        "API_SPEC_OPTIONS": {"info": {"description": dialect.description}},
    }
    app.config.update({f"{config_prefix}_{name}": value for name, value in settings.items()})
    api = DialectApi(app, config_prefix=config_prefix)
    for name, scheme in dialect.security_schemes.items():
        api.spec.components.security_scheme(name, scheme)
    for blueprint in dialect.blueprints:
        api.register_blueprint(blueprint, url_prefix=dialect.prefix)
