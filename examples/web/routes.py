"""The API of the page. Each operation acts for the user who is logged in."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic import BaseModel, Field

from examples.web import bank, users
from examples.web.database import Database
from examples.web.settings import Settings
from examples.web.users import COOKIE, LIFETIME, User
from financial_connections import AsyncClient, id_of

router = APIRouter(prefix="/api")


class Credentials(BaseModel):
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=200)
    password: str = Field(min_length=8, max_length=200)


class Link(BaseModel):
    session: str = Field(pattern=r"^fcsess_\w+$")


def get_client(request: Request) -> AsyncClient:
    client: AsyncClient = request.app.state.client
    return client


def get_database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def get_settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


Client = Annotated[AsyncClient, Depends(get_client)]
Stored = Annotated[Database, Depends(get_database)]
Configured = Annotated[Settings, Depends(get_settings)]


async def get_user(request: Request, database: Stored, settings: Configured) -> User:
    cookie = request.cookies.get(COOKIE, "")
    user_id = users.user_in_cookie(cookie, settings.session_secret)
    user = await users.user_by_id(database, user_id) if user_id else None
    if user is None:
        raise HTTPException(401, "log in first")
    return user


CurrentUser = Annotated[User, Depends(get_user)]


async def get_account(account: str, user: CurrentUser, database: Stored) -> str:
    """Return the ID of an account in the path, if it is the user's."""
    if not await bank.is_owner(database, user.id, account):
        raise HTTPException(404, "no such account")
    return account


OwnAccount = Annotated[str, Depends(get_account)]


@router.post("/users", status_code=201)
async def sign_up(
    credentials: Credentials,
    response: Response,
    client: Client,
    database: Stored,
    settings: Configured,
) -> dict[str, str]:
    email = credentials.email.lower()
    user = await users.sign_up(database, client, email, credentials.password)
    if user is None:
        raise HTTPException(409, "this email address is taken")
    _remember(response, user, settings)
    return {"email": user.email}


@router.post("/login")
async def log_in(
    credentials: Credentials,
    response: Response,
    database: Stored,
    settings: Configured,
) -> dict[str, str]:
    email = credentials.email.lower()
    user = await users.log_in(database, email, credentials.password)
    if user is None:
        raise HTTPException(401, "wrong email address or password")
    _remember(response, user, settings)
    return {"email": user.email}


@router.post("/logout", status_code=204)
async def log_out(response: Response) -> None:
    response.delete_cookie(COOKIE)


@router.get("/overview")
async def show_overview(user: CurrentUser, database: Stored) -> dict[str, Any]:
    return {"email": user.email, **await bank.overview(database, user.id)}


@router.post("/sessions", status_code=201)
async def create_session(user: CurrentUser, client: Client) -> dict[str, str | None]:
    """Return the client secret that Stripe.js needs to link accounts."""
    session = await client.sessions.create(
        account_holder={"type": "customer", "customer": user.customer},
        permissions=["balances", "transactions"],
        prefetch=["balances", "transactions"],
    )
    return {"client_secret": session.client_secret}


@router.post("/links")
async def save_link(
    link: Link, user: CurrentUser, client: Client, database: Stored
) -> dict[str, int]:
    """Store the accounts of a session at once, before the webhooks arrive."""
    session = await client.sessions.retrieve(link.session)
    holder = session.account_holder
    if holder is None or id_of(holder.customer) != user.customer:
        raise HTTPException(404, "no such session")
    for account in session.accounts.data:
        await bank.save_account(database, account)
    return {"accounts": len(session.accounts.data)}


@router.post("/accounts/{account}/refresh", status_code=202)
async def refresh(account: OwnAccount, client: Client, database: Stored) -> None:
    """Start a refresh; a webhook reports its end."""
    refreshed = await client.accounts.refresh(
        account, features=["balance", "transactions"]
    )
    await bank.save_account(database, refreshed)


@router.post("/accounts/{account}/disconnect", status_code=204)
async def disconnect(account: OwnAccount, client: Client, database: Stored) -> None:
    """Give up access to an account, and delete what is known about it."""
    await client.accounts.disconnect(account)
    await bank.delete_account(database, account)


def _remember(response: Response, user: User, settings: Settings) -> None:
    response.set_cookie(
        COOKIE,
        users.cookie_for(user, settings.session_secret),
        max_age=LIFETIME,
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies,
    )
