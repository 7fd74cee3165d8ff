/**
 * The steps that operators ask of the BullMQ queue, as scripts of Redis; the keys are those of bullmq-lua.ts.
 */
import { COMMON } from './bullmq-lua.js';

/** `select index after limit query now`: ids of the next jobs of an index that fit, and where to go on. */
const SELECT = `${COMMON}
local q, now = cjson.decode(ARGV[4]), tonumber(ARGV[5])
local rows = q.id and {q.id, ''}
  or call('ZRANGEBYSCORE', base .. ARGV[1], '(' .. ARGV[2], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local fit = {}
for i = 1, #rows, 2 do
  local id = rows[i]
  local f = call('HMGET', key('job', id), 'domain', 'created', 'reasons', 'ended', 'submission')
  local ok = f[1] and (not q.domain or f[1] == q.domain)
    and (not q.submission or f[5] == q.submission)
    and (not q.createdBefore or tonumber(f[2]) < q.createdBefore)
    and (not q.reason or string.find(f[3], ',' .. q.reason .. ',', 1, true) ~= nil)
  if ok and q.state then ok = q.state == state(id, f[1], f[4], now) end
  if ok and q.unfinished then ok = not f[4] end
  if ok then fit[#fit + 1] = id end
end
return {rows[#rows] or '', fit}
`;

/** `view id now`: a job as it stands, or nothing. */
const VIEW = `${COMMON}
return view(ARGV[1], tonumber(ARGV[2])) or false
`;

/** `suspend name suspension`: keeps a job or a domain back; an empty suspension ends it. A job must be unfinished. */
const SUSPEND = `${COMMON}
local id = string.match(ARGV[1], '^job:(.*)$')
if id and (call('EXISTS', key('job', id)) == 0 or call('HEXISTS', key('job', id), 'ended') == 1) then return 0 end
if ARGV[2] == '' then call('HDEL', base .. 'suspensions', ARGV[1])
else call('HSET', base .. 'suspensions', ARGV[1], ARGV[2]) end
return 1
`;

/** `hurry id now`: makes a waiting job due; where `now` is empty, tells only when it is due. */
const HURRY = `${COMMON}
local due = tonumber(call('HGET', key('job', ARGV[1]), 'due') or nil)
if not due then return '' end
local now = tonumber(ARGV[2])
if now and now < due then
  call('HSET', key('job', ARGV[1]), 'due', ARGV[2])
  due = now
end
return string.format('%d', due)
`;

/** `calm domain`: a domain is no longer put off. */
const CALM = `${COMMON}
return call('DEL', key('off', ARGV[1]))
`;

/** `floor id floor by`: accepts a weaker floor for an unfinished job. */
const FLOOR = `${COMMON}
local side = key('job', ARGV[1])
if call('EXISTS', side) == 0 or call('HEXISTS', side, 'ended') == 1 then return 0 end
call('HSET', side, 'floor', ARGV[2], 'floorBy', ARGV[3])
return 1
`;

/** `old before limit`: finished jobs that ended before a time. */
const OLD = `${COMMON}
return call('ZRANGEBYSCORE', base .. 'ended', '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[2])
`;

/** `forget id`: what is kept of a finished job, and of its submission with the last one. */
const FORGET = `${COMMON}
local id = ARGV[1]
local found = call('HMGET', key('job', id), 'submission', 'domain')
call('ZREM', base .. 'ended', id)
if not found[1] then return 0 end
call('DEL', key('job', id))
call('ZREM', base .. 'jobs', id)
call('ZREM', key('domain', found[2]), id)
call('ZREM', key('parked', found[2]), id)
call('HDEL', base .. 'suspensions', 'job:' .. id)
call('ZREM', key('of', found[1]), id)
if call('EXISTS', key('of', found[1])) == 0 then
  local name = call('HGET', key('mail', found[1]), 'key')
  if name ~= '' and call('GET', key('key', name)) == found[1] then call('DEL', key('key', name)) end
  call('DEL', key('mail', found[1]))
end
return 1
`;

/** The scripts of operators by the name under which they are called. */
export const OPERATING_SCRIPTS = {
  select: SELECT,
  view: VIEW,
  suspend: SUSPEND,
  hurry: HURRY,
  calm: CALM,
  floor: FLOOR,
  old: OLD,
  forget: FORGET,
} as const;
