"use strict";
// The page: log in, link accounts with Stripe.js, and show what the server has stored.

const find = (id) => document.getElementById(id);
const publishableKey = document.currentScript.dataset.publishableKey;
const SOON = 1500;
const LATER = 5000;
let timer;

async function call(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body && JSON.stringify(body),
  });
  const result = response.status === 204 ? null : await response.json();
  if (response.ok) return result;
  const detail = typeof result.detail === "string" ? result.detail : "check your entries";
  throw Object.assign(new Error(detail), { status: response.status });
}

function money(cents, currency) {
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency });
  return format.format(cents / 10 ** format.resolvedOptions().maximumFractionDigits);
}

// Text is only ever set as text: descriptions come from elsewhere.
function element(name, className, ...children) {
  const created = document.createElement(name);
  created.className = className;
  created.append(...children);
  return created;
}

function button(text, label, onClick) {
  const created = element("button", "plain", text);
  created.setAttribute("aria-label", label);
  created.addEventListener("click", () => attempt(onClick, created));
  return created;
}

async function attempt(action, pressed) {
  find("alert").hidden = true;
  if (pressed) pressed.disabled = true;
  try {
    await action();
  } catch (error) {
    find("alert").textContent = `That did not work: ${error.message}`;
    find("alert").hidden = false;
  } finally {
    if (pressed) pressed.disabled = false;
    // A disabled button has lost the focus.
    if (document.activeElement === document.body) pressed?.focus();
  }
}

function initials(name) {
  return name.split(/[\s-]+/).slice(0, 2).map((word) => word[0]).join("").toUpperCase();
}

function refreshState(account) {
  if (account.status !== "active") return "must be linked again";
  if (account.refresh === "pending") return "updating…";
  if (account.refresh === "failed") return "could not be updated";
  return account.refresh ? "up to date" : "";
}

// Stripe rejects a refresh that is too early.
function canRefresh(account) {
  const isEarly = (account.refresh_at ?? 0) * 1000 > Date.now();
  return account.status === "active" && account.refresh !== "pending" && !isEarly;
}

function accountCard(account) {
  const path = `/api/accounts/${account.id}`;
  const title = `${account.name} ····${account.last4}`;
  const state = element("span", `state ${account.refresh ?? ""}`, refreshState(account));
  const refresh = button("Refresh", `Refresh ${account.name}`, async () => {
    await call("POST", `${path}/refresh`);
    await load();
  });
  refresh.hidden = !canRefresh(account);
  const disconnect = button("Disconnect", `Disconnect ${account.name}`, async () => {
    if (!confirm(`Disconnect ${title} and delete its data here?`)) return;
    await call("POST", `${path}/disconnect`);
    await load();
  });
  const logo = element("span", "logo", initials(account.institution));
  logo.setAttribute("aria-hidden", "true");
  const names = element("div", "names", element("strong", "", title),
    element("span", "soft", account.institution), state);
  const balance = account.balance === null ? "—" : money(account.balance, account.currency);
  return element("li", "card account", logo, names,
    element("strong", "balance", balance),
    element("div", "actions", refresh, disconnect));
}

function transactionRow(item) {
  const date = new Date(item.transacted_at * 1000);
  const day = date.toLocaleDateString(undefined, { month: "short", day: "numeric" });
  const pending = item.status === "pending" ? " · pending" : "";
  const names = element("div", "names", element("span", "", item.description),
    element("span", "soft", `${day} · ${item.account}${pending}`));
  const amount = element("span", item.amount > 0 ? "amount in" : "amount",
    money(item.amount, item.currency));
  return element("li", "transaction", names, amount);
}

function chart(months) {
  const largest = Math.max(1, ...months.map((month) => month.spent));
  return element("ul", "bars", ...months.map((month) => {
    const [year, number] = month.month.split("-");
    const label = new Date(year, number - 1).toLocaleDateString(undefined,
      { month: "short", year: "numeric" });
    const bar = document.createElement("meter");
    bar.max = largest;
    bar.value = month.spent;
    bar.setAttribute("aria-hidden", "true");
    return element("li", "", element("span", "soft", label), bar,
      element("span", "amount", money(month.spent, month.currency)));
  }));
}

// The page cannot read the session's cookie, so it remembers whether there is one.
const hasSession = () => localStorage.getItem("session") !== null;

function showWelcome() {
  localStorage.removeItem("session");
  find("welcome").hidden = false;
  find("dashboard").hidden = find("user").hidden = true;
}

function show(overview) {
  find("welcome").hidden = true;
  find("dashboard").hidden = find("user").hidden = false;
  find("email").textContent = overview.email;
  find("empty").hidden = overview.accounts.length > 0;
  find("data").hidden = overview.transactions.length === 0;
  // Without a change, nothing is replaced, so that the focus stays where it is.
  const state = JSON.stringify([overview, overview.accounts.map(canRefresh)]);
  if (show.last === state) return;
  show.last = state;
  find("accounts").replaceChildren(...overview.accounts.map(accountCard));
  find("transactions").replaceChildren(...overview.transactions.map(transactionRow));
  find("chart").replaceChildren(chart(overview.months));
}

async function load() {
  clearTimeout(timer);
  try {
    const overview = await call("GET", "/api/overview");
    show(overview);
    const isUpdating = overview.accounts.some((account) => account.refresh === "pending");
    timer = setTimeout(load, isUpdating ? SOON : LATER);
  } catch (error) {
    if (error.status !== 401) {
      timer = setTimeout(load, LATER);
      return;
    }
    showWelcome();
  }
}

async function link() {
  const { client_secret: clientSecret } = await call("POST", "/api/sessions");
  const stripe = Stripe(publishableKey);
  const result = await stripe.collectFinancialConnectionsAccounts({ clientSecret });
  if (result.error) throw new Error(result.error.message);
  const session = result.financialConnectionsSession;
  if (session.accounts.length > 0) await call("POST", "/api/links", { session: session.id });
  await load();
}

find("login").addEventListener("submit", (event) => {
  event.preventDefault();
  const fields = Object.fromEntries(new FormData(event.target));
  attempt(async () => {
    await call("POST", event.submitter.value, fields);
    localStorage.setItem("session", "open");
    await load();
  }, event.submitter);
});
find("logout").addEventListener("click", () => attempt(async () => {
  await call("POST", "/api/logout");
  localStorage.removeItem("session");
  location.reload();
}));
find("link").addEventListener("click", () => attempt(link, find("link")));
if (hasSession()) load();
else showWelcome();
