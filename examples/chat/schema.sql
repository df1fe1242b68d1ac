-- The tables of a chat application. Every statement may run again: nothing is dropped or emptied.

CREATE NAMESPACE IF NOT EXISTS chat;

-- USER tables: each user has rows of their own and sees no others, so no column says whose a row is.

CREATE USER TABLE IF NOT EXISTS chat.conversations (
  id              BIGINT PRIMARY KEY DEFAULT SNOWFLAKE_ID(),
  title           TEXT NOT NULL,
  kind            TEXT NOT NULL DEFAULT 'direct',   -- direct, group or assistant
  model           TEXT,                             -- for kind = 'assistant': chat.models.name
  created_at      TIMESTAMP NOT NULL DEFAULT NOW(),
  last_message_at TIMESTAMP
);

-- The key keeps the messages of a conversation together and in order: its last 50 are one short range of the key.
CREATE USER TABLE IF NOT EXISTS chat.messages (
  conversation_id BIGINT NOT NULL,
  id              BIGINT NOT NULL DEFAULT SNOWFLAKE_ID(),
  sender          TEXT NOT NULL,
  role            TEXT NOT NULL DEFAULT 'user',     -- user or assistant
  body            TEXT NOT NULL,
  created_at      TIMESTAMP NOT NULL DEFAULT NOW(),
  metadata        JSON,
  PRIMARY KEY (conversation_id, id)
);

-- A SHARED table has one set of rows for everybody; PUBLIC lets every user read it.

CREATE SHARED TABLE IF NOT EXISTS chat.models (
  name           TEXT PRIMARY KEY,
  provider       TEXT NOT NULL,
  context_tokens INT NOT NULL,
  description    TEXT
) WITH (ACCESS_LEVEL = 'PUBLIC');

-- STREAM tables hold what is worth knowing for a while only; a row goes away TTL_SECONDS after it was written.

CREATE STREAM TABLE IF NOT EXISTS chat.presence (
  id     BIGINT PRIMARY KEY DEFAULT SNOWFLAKE_ID(),
  status TEXT NOT NULL,                             -- online, away or offline
  device TEXT NOT NULL,
  at     TIMESTAMP NOT NULL DEFAULT NOW()
) WITH (TTL_SECONDS = 300);

CREATE STREAM TABLE IF NOT EXISTS chat.typing (
  id              BIGINT PRIMARY KEY DEFAULT SNOWFLAKE_ID(),
  conversation_id BIGINT NOT NULL,
  who             TEXT NOT NULL,
  at              TIMESTAMP NOT NULL DEFAULT NOW()
) WITH (TTL_SECONDS = 60);

CREATE STREAM TABLE IF NOT EXISTS chat.thinking (
  id              BIGINT PRIMARY KEY DEFAULT SNOWFLAKE_ID(),
  conversation_id BIGINT NOT NULL,
  step            INT NOT NULL,
  thought         TEXT NOT NULL,
  at              TIMESTAMP NOT NULL DEFAULT NOW()
) WITH (TTL_SECONDS = 600);
