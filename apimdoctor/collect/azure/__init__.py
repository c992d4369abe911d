"""Reads a tenant from Azure: API Management and sites through Azure Resource Manager, Entra ID through Microsoft Graph."""
