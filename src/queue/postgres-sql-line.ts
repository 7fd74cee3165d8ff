/**
 * PL/pgSQL of the PostgreSQL queue: the line of waiting jobs. For each domain and priority one row of `head` says when
 * the first of its jobs may go, so finding the next one is one step down an index, whatever waits behind it.
 *
 * The one rule of locking: whoever changes when a job may go, or who works on it, holds the row of its `domain`. Several
 * are locked in the order of their names. A lease takes many, as they come, and therefore never waits for one while it
 * holds another (SKIP LOCKED). What follows from the jobs of a domain is read by a statement that begins after the lock
 * is held: under READ COMMITTED it then sees all that others have done. `begin_step` refuses any other isolation.
 */

/**
 * Settings of the functions that clients call. The plan must not depend on when the tables were last analysed: a queue is
 * empty in one minute and full in the next.
 */
export const ENTRY = `LANGUAGE plpgsql SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
  SET jit = off`;

/** Locks, heads, the end of leases and suspensions. */
export const LINE = `
CREATE FUNCTION begin_step() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION USING ERRCODE = 'ETI01', MESSAGE = 'isolation is ' || current_setting('transaction_isolation');
  END IF;
  -- What is promised is durable, whatever the default of the database is.
  IF current_setting('synchronous_commit') = 'off' THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
END $$;

CREATE FUNCTION lock_domains(_names text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE _name text;
BEGIN
  FOR _name IN SELECT DISTINCT n COLLATE "C" FROM unnest(_names) AS n ORDER BY 1 LOOP
    LOOP
      PERFORM FROM domain WHERE name = _name FOR UPDATE;
      EXIT WHEN FOUND;
      INSERT INTO domain (name) VALUES (_name) ON CONFLICT DO NOTHING;
      EXIT WHEN FOUND;
    END LOOP;
  END LOOP;
END $$;

CREATE FUNCTION refresh_head(_domain text, _priority integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE _due bigint; _until bigint; _latest bigint;
BEGIN
  IF NOT EXISTS (SELECT FROM suspension WHERE kind = 'domain' AND name = _domain) THEN
    SELECT due_at INTO _due FROM job
      WHERE state = 'ready' AND NOT suspended AND domain = _domain AND priority = _priority ORDER BY due_at, seq LIMIT 1;
  END IF;
  IF _due IS NULL THEN
    DELETE FROM head WHERE domain = _domain AND priority = _priority;
    RETURN;
  END IF;
  SELECT put_off_until INTO _until FROM domain WHERE name = _domain;
  IF _until > _due THEN
    SELECT min(latest_at) INTO _latest FROM job
      WHERE state = 'ready' AND NOT suspended AND domain = _domain AND priority = _priority;
    _due := greatest(_due, least(_until, _latest));
  END IF;
  INSERT INTO head (domain, priority, due_at) VALUES (_domain, _priority, _due)
    ON CONFLICT (domain, priority) DO UPDATE SET due_at = excluded.due_at WHERE head.due_at <> excluded.due_at;
END $$;

CREATE FUNCTION refresh_domain(_domain text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE _priority integer;
BEGIN
  FOR _priority IN
    SELECT priority FROM job WHERE state = 'ready' AND NOT suspended AND domain = _domain
    UNION SELECT priority FROM head WHERE domain = _domain
  LOOP
    PERFORM refresh_head(_domain, _priority);
  END LOOP;
END $$;

-- Makes the waiting jobs of a domain due; its heads are then the caller's to refresh.
CREATE FUNCTION hurry(_domain text, _now bigint) RETURNS void LANGUAGE sql AS $$
  UPDATE job SET due_at = _now WHERE state = 'ready' AND NOT suspended AND domain = _domain AND due_at > _now;
$$;

CREATE FUNCTION put_off(_domain text, _until bigint, _now bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE domain SET put_off_until = _until WHERE name = _domain AND put_off_until IS DISTINCT FROM _until;
  IF NOT FOUND THEN RETURN; END IF;
  IF _until IS NULL THEN PERFORM hurry(_domain, _now); END IF;
  PERFORM refresh_domain(_domain);
END $$;

CREATE FUNCTION grant_lease(_seq bigint, _domain text, _priority integer, _token text, _owner text, _until bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE job SET state = 'leased', token = _token, owner = _owner, lease_until = _until WHERE seq = _seq;
  UPDATE domain SET leased = leased + 1 WHERE name = _domain;
  PERFORM refresh_head(_domain, _priority);
END $$;

-- Counts the end of one lease.
CREATE FUNCTION end_lease(_domain text) RETURNS void LANGUAGE sql AS $$
  UPDATE domain SET leased = greatest(0, leased - 1) WHERE name = _domain;
$$;

-- Ends a lease that ran out, without counting an attempt; false when it was renewed meanwhile.
CREATE FUNCTION interrupt(_seq bigint, _domain text, _now bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  UPDATE job SET state = 'ready', interruptions = interruptions + 1, token = NULL, owner = NULL, lease_until = NULL
    WHERE seq = _seq AND state = 'leased' AND lease_until <= _now;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM end_lease(_domain);
  RETURN true;
END $$;

-- Who is held by somebody else is left to the next look.
CREATE FUNCTION take_back_expired(_now bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE _job record;
BEGIN
  FOR _job IN
    SELECT seq, domain, priority FROM job WHERE state = 'leased' AND lease_until <= _now ORDER BY lease_until LIMIT 1000
  LOOP
    PERFORM FROM domain WHERE name = _job.domain FOR UPDATE SKIP LOCKED;
    CONTINUE WHEN NOT FOUND;
    IF interrupt(_job.seq, _job.domain, _now) THEN PERFORM refresh_head(_job.domain, _job.priority); END IF;
  END LOOP;
END $$;

CREATE FUNCTION end_pauses(_now bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE _pause record; _domain text;
BEGIN
  FOR _pause IN SELECT kind, name FROM suspension WHERE until <= _now ORDER BY until LIMIT 1000 LOOP
    _domain := _pause.name;
    IF _pause.kind = 'job' THEN SELECT domain INTO _domain FROM job WHERE id = _pause.name; END IF;
    PERFORM FROM domain WHERE name = _domain FOR UPDATE SKIP LOCKED;
    CONTINUE WHEN NOT FOUND AND _domain IS NOT NULL;
    DELETE FROM suspension WHERE kind = _pause.kind AND name = _pause.name AND until <= _now;
    CONTINUE WHEN NOT FOUND OR _domain IS NULL;
    UPDATE job SET suspended = false WHERE _pause.kind = 'job' AND id = _pause.name;
    PERFORM refresh_domain(_domain);
  END LOOP;
END $$;
`;

/** What workers call to find work. */
export const LEASE = `
-- The first job of a domain that may go, or null. The row of the domain is held.
CREATE FUNCTION first_due(_domain text, _priority integer, _put_off_until bigint, _now bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE _seq bigint;
BEGIN
  IF _put_off_until > _now THEN
    SELECT seq INTO _seq FROM job WHERE state = 'ready' AND NOT suspended AND domain = _domain AND priority = _priority
      AND latest_at <= _now ORDER BY latest_at LIMIT 1;
  ELSE
    SELECT seq INTO _seq FROM job WHERE state = 'ready' AND NOT suspended AND domain = _domain AND priority = _priority
      AND due_at <= _now ORDER BY due_at, seq LIMIT 1;
  END IF;
  RETURN _seq;
END $$;

-- Waits until nobody else holds the domain that is first in line. Nothing else may be held.
CREATE FUNCTION wait_for_first(_now bigint, _per_domain integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE _priority integer; _domain text;
BEGIN
  SELECT max(priority) INTO _priority FROM head;
  WHILE _priority IS NOT NULL LOOP
    SELECT head.domain INTO _domain FROM head JOIN domain ON domain.name = head.domain
      WHERE priority = _priority AND due_at <= _now
        AND leased < CASE WHEN put_off_until IS NULL THEN _per_domain ELSE 1 END
      ORDER BY due_at LIMIT 1;
    IF FOUND THEN
      PERFORM FROM domain WHERE name = _domain FOR UPDATE;
      RETURN;
    END IF;
    SELECT max(priority) INTO _priority FROM head WHERE priority < _priority;
  END LOOP;
END $$;

-- Leases what is due: highest priority first, then what has been due longest, one job of each domain in turn. Tokens begin
-- with the name of the request, so that it may be asked again when its answer was lost. A last row without a job says
-- that there may be more, in domains that somebody else holds at this moment.
CREATE FUNCTION lease(
  _request text, _owner text, _now bigint, _until bigint, _limit integer, _per_domain integer, _wait boolean, _again boolean
) RETURNS TABLE (row_text text, header bytea) ${ENTRY} AS $$
DECLARE
  _granted bigint[] := '{}'; _skipped boolean := false; _priority integer; _domain text; _count integer; _seq bigint;
  _held record;
BEGIN
  PERFORM begin_step();
  IF _again THEN
    _granted := ARRAY(SELECT seq FROM job WHERE state = 'leased' AND starts_with(token, _request) ORDER BY seq);
  END IF;
  IF cardinality(_granted) = 0 THEN
    IF _wait THEN PERFORM wait_for_first(_now, _per_domain); END IF;
    PERFORM end_pauses(_now);
    PERFORM take_back_expired(_now);
    SELECT max(priority) INTO _priority FROM head;
  END IF;
  WHILE _priority IS NOT NULL AND cardinality(_granted) < _limit LOOP
    _count := cardinality(_granted);
    FOR _domain IN
      SELECT head.domain FROM head JOIN domain ON domain.name = head.domain
        WHERE priority = _priority AND due_at <= _now
          AND leased < CASE WHEN put_off_until IS NULL THEN _per_domain ELSE 1 END
        ORDER BY due_at
    LOOP
      EXIT WHEN cardinality(_granted) >= _limit;
      SELECT leased, put_off_until INTO _held FROM domain WHERE name = _domain FOR UPDATE SKIP LOCKED;
      IF NOT FOUND THEN
        _skipped := true;
        CONTINUE;
      END IF;
      CONTINUE WHEN _held.leased >= CASE WHEN _held.put_off_until IS NULL THEN _per_domain ELSE 1 END;
      _seq := first_due(_domain, _priority, _held.put_off_until, _now);
      IF _seq IS NULL THEN
        PERFORM refresh_head(_domain, _priority);
        CONTINUE;
      END IF;
      PERFORM grant_lease(_seq, _domain, _priority, _request || '/' || cardinality(_granted), _owner, _until);
      _granted := _granted || _seq;
    END LOOP;
    -- A round without a job: nothing more of this priority.
    CONTINUE WHEN cardinality(_granted) > _count;
    SELECT max(priority) INTO _priority FROM head WHERE priority < _priority;
  END LOOP;
  RETURN QUERY SELECT row_to_json(job_view)::text, part.octets
    FROM unnest(_granted) WITH ORDINALITY AS granted (seq, place) JOIN job_view ON job_view.seq = granted.seq
    LEFT JOIN part ON part.content = job_view.content AND part.number = 0 ORDER BY place;
  IF _skipped AND cardinality(_granted) < _limit THEN RETURN QUERY SELECT NULL::text, NULL::bytea; END IF;
END $$;

-- Leases one job by name, past the limit of its domain.
CREATE FUNCTION take(_id text, _token text, _owner text, _now bigint, _until bigint, _again boolean)
RETURNS TABLE (row_text text, header bytea) ${ENTRY} AS $$
DECLARE _job record; _domain text;
BEGIN
  PERFORM begin_step();
  SELECT domain INTO _domain FROM job WHERE id = _id;
  IF NOT FOUND THEN RETURN; END IF;
  PERFORM lock_domains(ARRAY[_domain]);
  SELECT seq, priority, state, token INTO _job FROM job WHERE id = _id AND state IN ('ready', 'leased');
  IF NOT FOUND THEN RETURN; END IF;
  IF NOT _again OR _job.token IS DISTINCT FROM _token THEN
    IF _job.state = 'leased' AND NOT interrupt(_job.seq, _domain, _now) THEN RETURN; END IF;
    PERFORM grant_lease(_job.seq, _domain, _job.priority, _token, _owner, _until);
  END IF;
  RETURN QUERY SELECT row_to_json(job_view)::text, part.octets
    FROM job_view LEFT JOIN part ON part.content = job_view.content AND part.number = 0 WHERE job_view.seq = _job.seq;
END $$;

CREATE FUNCTION next_due() RETURNS text ${ENTRY} AS $$
DECLARE _priority integer; _next bigint;
BEGIN
  SELECT max(priority) INTO _priority FROM head;
  WHILE _priority IS NOT NULL LOOP
    _next := least(_next, (SELECT min(due_at) FROM head WHERE priority = _priority));
    SELECT max(priority) INTO _priority FROM head WHERE priority < _priority;
  END LOOP;
  RETURN least(
    _next, (SELECT min(lease_until) FROM job WHERE state = 'leased'), (SELECT min(until) FROM suspension)
  );
END $$;
`;
