CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    institution TEXT NOT NULL,
    name TEXT NOT NULL,
    last4 TEXT NOT NULL,
    status TEXT NOT NULL,
    balance BIGINT,
    currency TEXT,
    refresh_status TEXT,
    refresh_at BIGINT,
    sync_cursor TEXT NOT NULL DEFAULT ''
);
CREATE INDEX accounts_by_user ON accounts (user_id);
CREATE TABLE transactions (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    description TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    transacted_at BIGINT NOT NULL,
    month TEXT NOT NULL
);
CREATE INDEX transactions_by_time ON transactions (account_id, transacted_at);
