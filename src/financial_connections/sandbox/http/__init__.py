"""The sandbox over HTTP: the ASGI application, its server and the control routes."""
