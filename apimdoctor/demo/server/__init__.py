"""An embedded Azure on loopback that serves any snapshot as Resource Manager, Microsoft Graph and the login."""

from apimdoctor.demo.server.running import EmbeddedAzure, Recorded

__all__ = ["EmbeddedAzure", "Recorded"]
