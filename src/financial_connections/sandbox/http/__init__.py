"""HTTP parts of the sandbox: application, server, control endpoints, link page."""
