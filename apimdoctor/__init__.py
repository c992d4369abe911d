"""The doctor for API tokens on Azure: what Entra ID issues against what API Management accepts."""

__version__ = "0.1.0"
