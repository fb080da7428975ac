"""The proxy configured in the environment."""

from importlib.util import find_spec
from typing import Any

from financial_connections.errors import ConfigurationError


def environment_proxy(host: str, *, with_socks: bool) -> Any:
    """Return the `httpx.Proxy` for https requests to a host, or None.

    Reads `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`.

    Args:
        host: Host that the requests are sent to, with its port.
        with_socks: True if the HTTP library supports SOCKS proxies.

    Raises:
        ConfigurationError: The proxy URL is invalid or not supported.
    """
    # Imported here, because urllib.request loads another HTTP client.
    from urllib.request import proxy_bypass  # noqa: PLC0415

    url = _environment_url()
    if not url or proxy_bypass(host):
        return None
    import httpx  # noqa: PLC0415 - imported by `Startup` in a thread

    schemes = "http, https, socks5 or socks5h" if with_socks else "http or https"
    # No message quotes the URL, because it may contain a password.
    unsupported = ConfigurationError(
        f"unsupported proxy URL in HTTPS_PROXY or ALL_PROXY: use {schemes}"
    )
    try:
        proxy = httpx.Proxy(url if "://" in url else f"http://{url}")
    except (ValueError, httpx.InvalidURL):
        raise unsupported from None
    if proxy.url.scheme.startswith("socks"):
        if not with_socks:
            raise unsupported
        if find_spec("socksio") is None:
            raise ConfigurationError("a SOCKS proxy needs: pip install 'httpx[socks]'")
    return proxy


def has_environment_proxy() -> bool:
    """Return whether the environment configures a proxy for https requests."""
    return bool(_environment_url())


def _environment_url() -> str | None:
    from urllib.request import getproxies  # noqa: PLC0415 - it loads an HTTP client

    proxies = getproxies()
    return proxies.get("https") or proxies.get("all")
