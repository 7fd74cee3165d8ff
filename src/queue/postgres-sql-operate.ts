/**
 * PL/pgSQL of the PostgreSQL queue: what operators do.
 */
import { ENTRY } from './postgres-sql-line.js';

/** Keeping back, letting go, making due. */
export const OPERATE = `
-- The domain of what is named, held; null when there is no such job.
CREATE FUNCTION hold(_kind text, _name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE _domain text := _name;
BEGIN
  IF _kind = 'job' THEN SELECT domain INTO _domain FROM job WHERE id = _name; END IF;
  IF _domain IS NOT NULL THEN PERFORM lock_domains(ARRAY[_domain]); END IF;
  RETURN _domain;
END $$;

CREATE FUNCTION count_unfinished(_kind text, _name text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  IF _kind = 'job' THEN RETURN (SELECT count(*) FROM job WHERE id = _name AND ended_at IS NULL); END IF;
  RETURN (SELECT count(*) FROM job WHERE state = 'ready' AND domain = _name)
    + coalesce((SELECT leased FROM domain WHERE name = _name), 0);
END $$;

CREATE FUNCTION suspend(_kind text, _name text, _reason text, _by text, _until bigint) RETURNS text ${ENTRY} AS $$
DECLARE _domain text; _concerned bigint;
BEGIN
  PERFORM begin_step();
  _domain := hold(_kind, _name);
  _concerned := count_unfinished(_kind, _name);
  IF _kind = 'job' AND _concerned = 0 THEN RETURN 0; END IF;
  INSERT INTO suspension (kind, name, reason, by, until) VALUES (_kind, _name, _reason, _by, _until)
    ON CONFLICT (kind, name) DO UPDATE SET reason = excluded.reason, by = excluded.by, until = excluded.until;
  UPDATE job SET suspended = true WHERE _kind = 'job' AND id = _name;
  PERFORM refresh_domain(_domain);
  RETURN _concerned;
END $$;

CREATE FUNCTION resume(_kind text, _name text) RETURNS text ${ENTRY} AS $$
DECLARE _domain text;
BEGIN
  PERFORM begin_step();
  _domain := hold(_kind, _name);
  DELETE FROM suspension WHERE kind = _kind AND name = _name;
  UPDATE job SET suspended = false WHERE _kind = 'job' AND id = _name;
  IF _domain IS NOT NULL THEN PERFORM refresh_domain(_domain); END IF;
  RETURN count_unfinished(_kind, _name);
END $$;

CREATE FUNCTION flush(_domain text, _now bigint) RETURNS text ${ENTRY} AS $$
BEGIN
  PERFORM begin_step();
  PERFORM lock_domains(ARRAY[_domain]);
  PERFORM hurry(_domain, _now);
  PERFORM put_off(_domain, NULL, _now);
  PERFORM refresh_domain(_domain);
  RETURN (SELECT count(*) FROM job WHERE state = 'ready' AND NOT suspended AND domain = _domain);
END $$;

CREATE FUNCTION accept_floor(_id text, _floor text, _by text) RETURNS text ${ENTRY} AS $$
BEGIN
  PERFORM begin_step();
  UPDATE job SET floor = _floor, floor_by = _by WHERE id = _id AND ended_at IS NULL;
  RETURN CASE WHEN FOUND THEN 'accepted' ELSE 'none' END;
END $$;
`;
