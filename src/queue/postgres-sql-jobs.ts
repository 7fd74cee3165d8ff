/**
 * PL/pgSQL of the PostgreSQL queue: the life of a job. Each function that clients call is one transaction. What fails
 * raises, and so takes everything back; SQLSTATE ET... says what the client did wrong (postgres-failure.ts).
 */
import { ENTRY } from './postgres-sql-line.js';

/** Put, settled, given back, forgotten. */
export const JOBS = `
-- Writes a part of a message whose submission is yet to be put. Not waited for: the put's commit brings it to the disk.
CREATE FUNCTION stage(_content uuid, _number integer, _octets bytea, _now bigint) RETURNS void ${ENTRY} AS $$
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  INSERT INTO content (id, staged_at) VALUES (_content, _now) ON CONFLICT DO NOTHING;
  INSERT INTO part (content, number, octets) VALUES (_content, _number, _octets) ON CONFLICT DO NOTHING;
END $$;

-- Gives up what was staged, unless a put has adopted it.
CREATE FUNCTION unstage(_content uuid) RETURNS void ${ENTRY} AS $$
BEGIN
  DELETE FROM content WHERE id = _content AND staged_at IS NOT NULL;
  IF FOUND THEN DELETE FROM part WHERE content = _content; END IF;
END $$;

CREATE FUNCTION adopt_content(_submission jsonb, _octets bytea) RETURNS void LANGUAGE plpgsql AS $$
DECLARE _content uuid := (_submission->>'content')::uuid; _at integer := (_submission->>'from')::integer; _size integer;
  _number integer := 0;
BEGIN
  IF _submission ? 'sizes' THEN
    INSERT INTO content (id) VALUES (_content);
    FOR _size IN SELECT value::integer FROM jsonb_array_elements_text(_submission->'sizes') LOOP
      INSERT INTO part (content, number, octets) VALUES (_content, _number, substring(_octets FROM _at FOR _size));
      _at := _at + _size;
      _number := _number + 1;
    END LOOP;
    RETURN;
  END IF;
  -- Staged parts were not waited for: a server that fell over may have forgotten some.
  UPDATE content SET staged_at = NULL WHERE id = _content;
  IF NOT FOUND OR (SELECT count(*) FROM part WHERE content = _content) <> (_submission->>'parts')::integer THEN
    RAISE EXCEPTION USING ERRCODE = 'ETC01', MESSAGE = 'staged octets are gone';
  END IF;
END $$;

-- Puts a submission; the id that is known under its key, or null when it was kept. Its domains are held. The name of its
-- content is made for this one put: it tells a repetition from somebody else's id.
CREATE FUNCTION enter(_submission jsonb, _octets bytea, _again boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE _seq bigint; _known text; _count integer := jsonb_array_length(_submission->'jobs'); _entered integer; _line record;
BEGIN
  INSERT INTO submission (id, key, content, facts, open_jobs, kept_jobs)
    VALUES (_submission->>'id', _submission->>'key', (_submission->>'content')::uuid, _submission->>'facts', _count, _count)
    ON CONFLICT DO NOTHING RETURNING seq INTO _seq;
  IF _seq IS NULL THEN
    IF _again AND EXISTS (
      SELECT FROM submission WHERE id = _submission->>'id' AND content = (_submission->>'content')::uuid
    ) THEN RETURN NULL; END IF;
    SELECT id INTO _known FROM submission WHERE key = _submission->>'key';
    IF FOUND THEN RETURN _known; END IF;
    RAISE EXCEPTION USING ERRCODE = 'ETS01', MESSAGE = _submission->>'id';
  END IF;
  PERFORM adopt_content(_submission, _octets);
  INSERT INTO job (id, submission, domain, state, priority, due_at, latest_at, created_at, expires_at, kept, recipients, floor)
    SELECT id, _seq, domain, 'ready', priority, due_at, latest_at, created_at, expires_at, kept, recipients, floor
    FROM jsonb_to_recordset(_submission->'jobs') AS job (
      id text, domain text, priority integer, due_at bigint, latest_at bigint, created_at bigint, expires_at bigint,
      kept text, recipients text, floor text
    ) ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS _entered = ROW_COUNT;
  IF _entered < _count THEN
    RAISE EXCEPTION USING ERRCODE = 'ETJ01', MESSAGE = (
      SELECT taken->>'id' FROM jsonb_array_elements(_submission->'jobs') AS taken
        WHERE NOT EXISTS (SELECT FROM job WHERE id = taken->>'id' AND submission = _seq) LIMIT 1);
  END IF;
  FOR _line IN
    SELECT domain, priority, min(due_at) AS due_at
    FROM jsonb_to_recordset(_submission->'jobs') AS job (domain text, priority integer, due_at bigint)
    GROUP BY domain, priority
  LOOP
    CONTINUE WHEN EXISTS (
      SELECT FROM head WHERE domain = _line.domain AND priority = _line.priority AND due_at <= _line.due_at);
    PERFORM refresh_head(_line.domain, _line.priority);
  END LOOP;
  RETURN NULL;
END $$;

CREATE FUNCTION put(_submission jsonb, _octets bytea, _again boolean) RETURNS text ${ENTRY} AS $$
BEGIN
  PERFORM begin_step();
  PERFORM lock_domains(ARRAY(SELECT job->>'domain' FROM jsonb_array_elements(_submission->'jobs') AS job));
  RETURN enter(_submission, _octets, _again);
END $$;

-- The octets of a message go with its last job.
CREATE FUNCTION end_job(_submission bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE _content uuid; _open integer;
BEGIN
  UPDATE submission SET open_jobs = open_jobs - 1 WHERE seq = _submission RETURNING content, open_jobs INTO _content, _open;
  IF _open > 0 THEN RETURN; END IF;
  DELETE FROM part WHERE content = _content;
  DELETE FROM content WHERE id = _content;
END $$;

-- Ends a lease whose domain is held: 'lost', 'settled', 'more' when its domain has more that is due, or 'repeated' when
-- this was done before: settled_by outlives the next lease, so that a repetition is told from a lease that was lost.
CREATE FUNCTION end_attempt(_domain text, _id text, _token text, _end jsonb, _again boolean) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE _job record; _at bigint := (_end->>'at')::bigint; _ended boolean := _end->>'state' <> 'ready';
BEGIN
  UPDATE job SET state = _end->>'state', due_at = (_end->>'dueAt')::bigint, latest_at = (_end->>'latestAt')::bigint,
      attempts = (_end->>'attempts')::integer, recipients = _end->>'recipients',
      ended_at = CASE WHEN _ended THEN _at END, token = NULL, owner = NULL, lease_until = NULL, settled_by = _token
    WHERE id = _id AND token = _token AND state = 'leased' RETURNING seq, priority, submission, suspended INTO _job;
  IF NOT FOUND THEN
    IF _again AND EXISTS (SELECT FROM job WHERE id = _id AND settled_by = _token) THEN RETURN 'repeated'; END IF;
    RETURN 'lost';
  END IF;
  DELETE FROM job_reason WHERE job = _job.seq;
  IF jsonb_array_length(_end->'reasons') > 0 THEN
    INSERT INTO job_reason (reason, job) SELECT value, _job.seq FROM jsonb_array_elements_text(_end->'reasons');
  END IF;
  PERFORM end_lease(_domain);
  IF _end ? 'putOff' THEN PERFORM put_off(_domain, (_end->>'putOff')::bigint, _at); END IF;
  PERFORM refresh_head(_domain, _job.priority);
  IF _ended THEN
    IF _job.suspended THEN DELETE FROM suspension WHERE kind = 'job' AND name = _id; END IF;
    PERFORM end_job(_job.submission);
  END IF;
  RETURN CASE WHEN EXISTS (SELECT FROM head WHERE domain = _domain AND due_at <= _at) THEN 'more' ELSE 'settled' END;
END $$;

-- Ends a lease together with the reports that it causes.
CREATE FUNCTION settle(
  _domain text, _id text, _token text, _end jsonb, _reports jsonb, _octets bytea, _again boolean
) RETURNS text ${ENTRY} AS $$
DECLARE _report jsonb; _answer text;
BEGIN
  PERFORM begin_step();
  PERFORM lock_domains(_domain || ARRAY(
    SELECT job->>'domain' FROM jsonb_array_elements(_reports) AS report, jsonb_array_elements(report->'jobs') AS job));
  _answer := end_attempt(_domain, _id, _token, _end, _again);
  IF _answer IN ('lost', 'repeated') THEN RETURN _answer; END IF;
  FOR _report IN SELECT report FROM jsonb_array_elements(_reports) AS report ORDER BY report->>'key' LOOP
    PERFORM enter(_report, _octets, false);
  END LOOP;
  RETURN _answer;
END $$;

-- Ends many leases that cause no reports; an answer for each, 'busy' where somebody else holds the domain. It waits for none
-- while it holds another; _wait is for those of one domain. In the order of their submissions, whose rows it locks too.
CREATE FUNCTION settle_all(_ends jsonb, _wait boolean, _again boolean) RETURNS text ${ENTRY} AS $$
DECLARE _each record; _domain text; _answers text[];
BEGIN
  PERFORM begin_step();
  IF _wait THEN PERFORM lock_domains(ARRAY(SELECT value->>'domain' FROM jsonb_array_elements(_ends))); END IF;
  FOR _each IN
    SELECT value, place FROM jsonb_array_elements(_ends) WITH ORDINALITY AS each (value, place)
      LEFT JOIN job ON job.id = value->>'id' ORDER BY submission
  LOOP
    _domain := _each.value->>'domain';
    PERFORM FROM domain WHERE name = _domain FOR UPDATE SKIP LOCKED;
    _answers[_each.place] := CASE WHEN FOUND
      THEN end_attempt(_domain, _each.value->>'id', _each.value->>'token', _each.value->'end', _again) ELSE 'busy' END;
  END LOOP;
  RETURN array_to_string(_answers, ' ');
END $$;

-- Gives a lease back untried.
CREATE FUNCTION release(_domain text, _id text, _token text) RETURNS text ${ENTRY} AS $$
DECLARE _job record;
BEGIN
  PERFORM begin_step();
  PERFORM lock_domains(ARRAY[_domain]);
  UPDATE job SET state = 'ready', token = NULL, owner = NULL, lease_until = NULL
    WHERE id = _id AND token = _token AND state = 'leased' RETURNING priority INTO _job;
  IF NOT FOUND THEN RETURN 'lost'; END IF;
  PERFORM end_lease(_domain);
  PERFORM refresh_head(_domain, _job.priority);
  RETURN 'released';
END $$;

-- Needs no lock but the job's: nothing follows from how long a lease lasts.
CREATE FUNCTION renew(_id text, _token text, _until bigint) RETURNS text ${ENTRY} AS $$
BEGIN
  PERFORM begin_step();
  UPDATE job SET lease_until = _until WHERE id = _id AND token = _token AND state = 'leased';
  RETURN CASE WHEN FOUND THEN 'renewed' ELSE 'lost' END;
END $$;

-- Forgets finished jobs, at most so many at once; how many.
CREATE FUNCTION forget_ended(_before bigint, _limit integer) RETURNS text ${ENTRY} AS $$
DECLARE _gone bigint[];
BEGIN
  PERFORM begin_step();
  -- One at a time: two would lock the same submissions in different orders.
  PERFORM pg_advisory_xact_lock(hashtextextended(current_schema || '.clean', 0));
  _gone := ARRAY(SELECT seq FROM job WHERE ended_at < _before ORDER BY ended_at LIMIT _limit);
  -- In the order in which settle_all does.
  PERFORM FROM submission WHERE seq IN (SELECT submission FROM job WHERE seq = ANY (_gone)) ORDER BY seq FOR UPDATE;
  WITH gone AS (
    DELETE FROM job WHERE seq = ANY (_gone)
    RETURNING seq, submission
  ), counted AS (
    UPDATE submission SET kept_jobs = kept_jobs - times
    FROM (SELECT submission, count(*) AS times FROM gone GROUP BY submission) AS fewer WHERE seq = fewer.submission
  ) SELECT coalesce(array_agg(seq), '{}') INTO _gone FROM gone;
  DELETE FROM job_reason WHERE job = ANY (_gone);
  RETURN cardinality(_gone);
END $$;

-- Forgets submissions without jobs, octets that were staged and never put, and domains where nothing waits or runs.
CREATE FUNCTION forget_rest(_before bigint) RETURNS void ${ENTRY} AS $$
DECLARE _idle text[]; _contents uuid[];
BEGIN
  PERFORM begin_step();
  DELETE FROM submission WHERE kept_jobs = 0;
  -- The content goes first: a put that adopts it at this moment is waited for, and then keeps it.
  WITH gone AS (DELETE FROM content WHERE staged_at < _before RETURNING id) SELECT array_agg(id) INTO _contents FROM gone;
  DELETE FROM part WHERE content = ANY (_contents);
  _idle := ARRAY(
    SELECT name FROM domain WHERE leased = 0 AND put_off_until IS NULL
      AND NOT EXISTS (SELECT FROM job WHERE state = 'ready' AND job.domain = name)
    LIMIT 10000 FOR UPDATE SKIP LOCKED);
  -- Asked again now that they are held: somebody may have put something in between.
  DELETE FROM domain WHERE name = ANY (_idle) AND NOT EXISTS (SELECT FROM job WHERE state = 'ready' AND job.domain = name);
END $$;
`;
