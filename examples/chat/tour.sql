-- The life of a chat application in one script:
--
--     kalam --file examples/chat/tour.sql
--
-- It works in a namespace of its own and clears away what it made, so it can be run again and again.

-- 1. Tables ------------------------------------------------------------------------------------------------------

DROP NAMESPACE IF EXISTS chat_tour;
CREATE NAMESPACE chat_tour;

-- Every user has rows of their own in a USER table.
CREATE USER TABLE chat_tour.conversations (
  id         BIGINT PRIMARY KEY,
  title      TEXT NOT NULL,
  model      TEXT,
  created_at TIMESTAMP NOT NULL DEFAULT NOW()
);

CREATE USER TABLE chat_tour.messages (
  conversation_id BIGINT NOT NULL,
  id              BIGINT NOT NULL DEFAULT SNOWFLAKE_ID(),
  sender          TEXT NOT NULL,
  role            TEXT NOT NULL DEFAULT 'user',
  body            TEXT NOT NULL,
  created_at      TIMESTAMP NOT NULL DEFAULT NOW(),
  metadata        JSON,
  PRIMARY KEY (conversation_id, id)
);

-- One set of rows for everybody.
CREATE SHARED TABLE chat_tour.models (
  name           TEXT PRIMARY KEY,
  context_tokens INT NOT NULL
) WITH (ACCESS_LEVEL = 'PUBLIC');

-- Rows that go away by themselves.
CREATE STREAM TABLE chat_tour.thinking (
  id              BIGINT PRIMARY KEY DEFAULT SNOWFLAKE_ID(),
  conversation_id BIGINT NOT NULL,
  thought         TEXT NOT NULL
) WITH (TTL_SECONDS = 60);

DESCRIBE TABLE chat_tour.messages;

-- 2. Alice talks to an assistant ---------------------------------------------------------------------------------

INSERT INTO chat_tour.models (name, context_tokens) VALUES ('sparrow-mini', 32000), ('heron-2', 200000);

EXECUTE AS USER 'alice' (
  INSERT INTO chat_tour.conversations (id, title, model) VALUES (1, 'Trip to Lisbon', 'heron-2')
);

EXECUTE AS USER 'alice' (
  INSERT INTO chat_tour.messages (conversation_id, id, sender, role, body) VALUES
    (1, 101, 'alice', 'user', 'It''s 3 days in May; what should I see? 🇵🇹'),
    (1, 102, 'heron-2', 'assistant', 'Day 1: Alfama; day 2: Belém; day 3: Sintra.')
);

-- The key can make itself; RETURNING says what it became.
EXECUTE AS USER 'alice' (
  INSERT INTO chat_tour.messages (conversation_id, sender, body, metadata)
  VALUES (1, 'alice', 'And where do I eat?', '{"client": "ios"}')
  RETURNING conversation_id, id, role, created_at
);

-- While the assistant works on it, its steps are a stream.
EXECUTE AS USER 'alice' (
  INSERT INTO chat_tour.thinking (conversation_id, thought) VALUES (1, 'looking for restaurants'), (1, 'comparing prices')
);
EXECUTE AS USER 'alice' (SELECT thought FROM chat_tour.thinking WHERE conversation_id = 1 ORDER BY id);

-- 3. Bob has rows of his own, with the same keys -------------------------------------------------------------------

EXECUTE AS USER 'bob' (INSERT INTO chat_tour.conversations (id, title) VALUES (1, 'Football on Sunday'));
EXECUTE AS USER 'bob' (
  INSERT INTO chat_tour.messages (conversation_id, id, sender, body) VALUES (1, 101, 'carla', 'Are you in?'), (1, 102, 'bob', 'да, конечно 👍')
);

EXECUTE AS USER 'alice' (SELECT id, title FROM chat_tour.conversations);
EXECUTE AS USER 'bob' (SELECT id, title FROM chat_tour.conversations);

-- 4. Questions -----------------------------------------------------------------------------------------------------

-- The last messages of a conversation, as a chat window asks for them.
EXECUTE AS USER 'alice' (
  SELECT id, sender, body FROM chat_tour.messages WHERE conversation_id = 1 ORDER BY id DESC LIMIT 50
);

-- A join of a USER table with a SHARED one.
EXECUTE AS USER 'alice' (
  SELECT c.title, m.name, m.context_tokens
  FROM chat_tour.conversations c JOIN chat_tour.models m ON m.name = c.model
);

-- An aggregate.
EXECUTE AS USER 'alice' (
  SELECT role, count(*) AS messages, sum(length(body)) AS characters
  FROM chat_tour.messages GROUP BY role ORDER BY role
);

-- 5. Changes -------------------------------------------------------------------------------------------------------

EXECUTE AS USER 'alice' (
  UPDATE chat_tour.messages SET body = 'It''s 4 days in May; what should I see? 🇵🇹' WHERE conversation_id = 1 AND id = 101
);

-- Both or neither. A transaction lives within one request; a script sends it as one.
BEGIN;
INSERT INTO chat_tour.conversations (id, title) VALUES (7, 'Notes to myself');
INSERT INTO chat_tour.messages (conversation_id, id, sender, body) VALUES (7, 1, 'root', 'Remember the milk');
COMMIT;

BEGIN;
DELETE FROM chat_tour.messages WHERE conversation_id = 7;
ROLLBACK;

SELECT c.title, m.body FROM chat_tour.conversations c JOIN chat_tour.messages m ON m.conversation_id = c.id;

-- Bob leaves.
EXECUTE AS USER 'bob' (DELETE FROM chat_tour.messages WHERE conversation_id = 1);
EXECUTE AS USER 'bob' (SELECT count(*) AS messages_left FROM chat_tour.messages);

-- 6. Away with it --------------------------------------------------------------------------------------------------

DROP NAMESPACE chat_tour CASCADE;
