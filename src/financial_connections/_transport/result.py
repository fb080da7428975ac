"""The result of a call, or of an attempt that has failed."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from financial_connections._decoding import ContentError, ModelT
from financial_connections._decoding.turns import decode_in_turns, run_by_size
from financial_connections._response import RawResponse, ResponseInfo
from financial_connections._settings import Timeout
from financial_connections._transport.call import (
    AttemptError,
    Call,
    connection_error,
    response_error,
    status_error,
    timeout_error,
)
from financial_connections._transport.observer import Observer
from financial_connections._transport.response import NoResponse, Response

T = TypeVar("T")

Read = Callable[[Call, Response], Awaitable[T]]
"""Turns a 2xx response into the result of the call, or raises `ContentError`."""


async def result_of(
    call: Call,
    received: Response | NoResponse | None,
    limits: Timeout,
    read: Read[T],
) -> T | AttemptError:
    """Return the result of the call, or the error that the attempt ended with.

    Args:
        call: The call.
        received: The response, or the reason why there is none; None after a timeout.
        limits: Time limits for the attempt.
        read: Turns a 2xx response into the result.
    """
    if received is None:
        return timeout_error(call, limits.seconds)
    if isinstance(received, NoResponse):
        return connection_error(call, received)
    if not received.is_success:
        return await run_by_size(received.content, status_error, call, received)
    reason = received.unreadable
    if reason is None:
        try:
            return await read(call, received)
        except ContentError as error:
            reason = str(error)
    return await run_by_size(received.content, response_error, call, received, reason)


async def read_model(
    call: Call, response: Response, *, result_type: type[ModelT], observer: Observer
) -> ModelT:
    """Decode a response.

    Args:
        call: The call.
        response: Its response.
        result_type: Class of the model.
        observer: Is told which fields do not match the schema.

    Raises:
        ContentError: The response cannot be decoded.
    """
    report = partial(observer.mismatched, call, result_type, response)
    content_type = response.headers.get("content-type")
    info = ResponseInfo(**call.response_fields(response))
    return await decode_in_turns(
        result_type, response.content, info, content_type, report
    )


async def read_raw(call: Call, response: Response) -> RawResponse:
    """Return a response undecoded.

    Args:
        call: The call.
        response: Its response.
    """
    return RawResponse(content=response.content, **call.response_fields(response))
