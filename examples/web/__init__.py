"""A web application in which users link bank accounts and see their spending."""
