"""The rules of the API, as pure functions over the state of a sandbox."""
