"""The sandbox over HTTP: application, server, control endpoints and link page."""
