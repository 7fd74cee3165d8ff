/**
 * The steps of the BullMQ queue that must be atomic, as scripts of Redis. BullMQ holds the line (who is due, who is leased);
 * the mail is kept beside it under keys of our own, which end in `-mail:`:
 *
 *   seq              the last number given to a job
 *   mail:<id>        hash: a submission (key, content, facts)
 *   octets:<content> hash: the parts of a message by number; expires until its submission is kept
 *   key:<key>        the submission under an idempotency key
 *   job:<id>         hash: a job as it stands
 *   of:<id>          sorted set: the jobs of a submission by number; open:<id>: those that have not ended
 *   jobs, domain:<d> sorted sets: all jobs, those of a domain, by number
 *   ended            sorted set: finished jobs by the time of their end
 *   outbox           set: submissions whose jobs BullMQ may not know yet
 *   suspensions      hash: `job:<id>` or `domain:<d>`, a Suspension as JSON
 *   busy:<d>         set: leased jobs of a domain; parked:<d>: sorted set of those that wait for their domain
 *   lines            set: domains that have parked jobs, or had
 *   off:<d>          until when a domain is put off
 *
 * Of BullMQ's own keys they touch the lock of a job (`<job>:lock`), its count of stalls, and in `take` its lists.
 * KEYS[1] is the beginning of our keys, KEYS[2] that of BullMQ's; both lie in one slot of a cluster when the prefix has a
 * hash tag, as BullMQ asks for anyway. Times are milliseconds since the epoch.
 */
export const COMMON = `
local base, bull, call = KEYS[1], KEYS[2], redis.call
local function key(kind, name) return base .. kind .. ':' .. name end
local function lock(id) return bull .. id .. ':lock' end
local function suspension(name, now)
  local text = call('HGET', base .. 'suspensions', name)
  if not text then return nil end
  local ends = cjson.decode(text)['until']
  if type(ends) == 'number' and ends <= now then
    call('HDEL', base .. 'suspensions', name)
    return nil
  end
  return text, type(ends) == 'number' and ends or nil
end
local function suspended(id, domain, now)
  local text, ends = suspension('job:' .. id, now)
  if text then return text, ends end
  return suspension('domain:' .. domain, now)
end
local function state(id, domain, ended, now)
  if ended then return ended, nil end
  local text = suspended(id, domain, now)
  if call('EXISTS', lock(id)) == 1 then return 'leased', text end
  return text and 'suspended' or 'ready', text
end
local function busy(domain, id)
  local count = 0
  for _, other in ipairs(call('SMEMBERS', key('busy', domain))) do
    if other == id or call('EXISTS', lock(other)) == 0 then call('SREM', key('busy', domain), other)
    else count = count + 1 end
  end
  return count
end
local function view(id, now)
  local side = call('HGETALL', key('job', id))
  if #side == 0 then return nil end
  local found = call('HMGET', key('job', id), 'submission', 'domain', 'ended')
  local mail = call('HMGET', key('mail', found[1]), 'content', 'facts')
  local name, text = state(id, found[2], found[3], now)
  return {id, side, mail[1] or '', mail[2] or '', call('HGET', bull .. id, 'stc') or '0', name, text or ''}
end
`;

const KEEPING = `
local function owner(s) return s.key and call('GET', key('key', s.key)) end
local function mine(s) return call('HGET', key('mail', s.id), 'content') == s.content end
local function trouble(s)
  if call('EXISTS', key('mail', s.id)) == 1 then return {'submission-taken', s.id} end
  if call('HLEN', key('octets', s.content)) ~= s.parts then return {'octets-gone', s.id} end
  for _, job in ipairs(s.jobs) do
    if call('EXISTS', key('job', job.id)) == 1 then return {'job-taken', job.id} end
  end
end
local function keep(s)
  call('PERSIST', key('octets', s.content))
  call('HSET', key('mail', s.id), 'key', s.key or '', 'content', s.content, 'facts', s.facts)
  if s.key then call('SET', key('key', s.key), s.id) end
  for _, job in ipairs(s.jobs) do
    local seq = call('INCR', base .. 'seq')
    local order = string.format('%.0f', job.priority * 4294967296 + seq % 4294967296)
    call('HSET', key('job', job.id), 'submission', s.id, 'seq', seq, 'order', order, unpack(job.fields))
    call('ZADD', base .. 'jobs', seq, job.id)
    call('ZADD', key('domain', job.domain), seq, job.id)
    call('ZADD', key('of', s.id), seq, job.id)
    call('SADD', key('open', s.id), job.id)
  end
  call('SADD', base .. 'outbox', s.id)
end
`;

/** `keep submission`: all of it or nothing. A call that is repeated after a lost answer gives the same answer. */
const KEEP = `${COMMON}${KEEPING}
local s = cjson.decode(ARGV[1])
if mine(s) then return {'kept', s.id} end
local first = owner(s)
if first then return {'existing', first} end
local wrong = trouble(s)
if wrong then return wrong end
keep(s)
return {'kept', s.id}
`;

/** `settle id token settlement holdMs`: outcome and reports, while the lease is held. */
const SETTLE = `${COMMON}${KEEPING}
local id, token, hold = ARGV[1], ARGV[2], tonumber(ARGV[4])
if call('GET', lock(id)) ~= token then return {'lost'} end
local given = cjson.decode(ARGV[3])
for _, report in ipairs(given.reports) do
  local wrong = not owner(report) and not mine(report) and trouble(report)
  if wrong then return wrong end
end
for _, report in ipairs(given.reports) do
  if not owner(report) and not mine(report) then keep(report) end
end
local side = key('job', id)
local found = call('HMGET', side, 'domain', 'submission')
call('HSET', side, unpack(given.fields))
call('SREM', key('busy', found[1]), id)
if given.endedAt then
  call('ZADD', base .. 'ended', given.endedAt, id)
  call('SREM', key('open', found[2]), id)
  if call('EXISTS', key('open', found[2])) == 0 then
    call('DEL', key('octets', call('HGET', key('mail', found[2]), 'content')))
  end
end
local cleared = 0
if given.putOff == 'end' then cleared = call('DEL', key('off', found[1]))
elseif given.putOff then call('SET', key('off', found[1]), given.putOff) end
if call('PTTL', lock(id)) < hold then call('PEXPIRE', lock(id), hold) end
return {'settled', cleared}
`;

/** `grant id token leaseMs perDomain now parkMs`: what becomes of a job that BullMQ has handed out. */
const GRANT = `${COMMON}
local id, token, lease = ARGV[1], ARGV[2], ARGV[3]
local limit, now, park = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
if call('GET', lock(id)) ~= token then return {'lost'} end
local found = call('HMGET', key('job', id), 'domain', 'due', 'ended', 'latest', 'order', 'reason')
local domain = found[1]
if not domain then return {'unknown'} end
if found[3] then return {'ended', found[6] or ''} end
if tonumber(found[2]) > now then return {'wait', found[2]} end
local text, ends = suspended(id, domain, now)
if text then return {'wait', string.format('%d', ends or now + 86400000)} end
local off, latest = tonumber(call('GET', key('off', domain)) or nil), tonumber(found[4])
if off and latest > now then
  limit = 1
  if off > now then
    call('ZADD', key('parked', domain), found[5], id)
    return {'wait', string.format('%d', math.min(off, latest))}
  end
end
if busy(domain, id) >= limit then
  call('ZADD', key('parked', domain), found[5], id)
  call('SADD', base .. 'lines', domain)
  local many = math.floor(call('ZCARD', key('parked', domain)) / 100)
  return {'wait', string.format('%d', now + park * (1 + many)), domain}
end
call('ZREM', key('parked', domain), id)
call('SADD', key('busy', domain), id)
call('SET', lock(id), token, 'PX', lease)
return {'granted', view(id, now)}
`;

/** `take id token leaseMs now`: leases one job by name, wherever BullMQ has it. */
const TAKE = `${COMMON}
local id, token, lease, now = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local found = call('HMGET', key('job', id), 'domain', 'ended')
if not found[1] or found[2] or call('EXISTS', lock(id)) == 1 then return {'none'} end
if call('LREM', bull .. 'active', 1, id) == 1 then call('HINCRBY', bull .. id, 'stc', 1)
elseif call('ZREM', bull .. 'delayed', id) + call('ZREM', bull .. 'prioritized', id)
  + call('LREM', bull .. 'wait', 1, id) + call('LREM', bull .. 'paused', 1, id) == 0 then return {'none'} end
call('LPUSH', bull .. 'active', id)
call('SREM', bull .. 'stalled', id)
call('SET', lock(id), token, 'PX', lease)
call('HSET', bull .. id, 'processedOn', ARGV[4])
call('HINCRBY', bull .. id, 'ats', 1)
call('ZREM', key('parked', found[1]), id)
call('SADD', key('busy', found[1]), id)
return {'granted', view(id, now)}
`;

/** `room domain limit now own`: parked jobs that may go now; `own` itself when somebody let it go already. */
const ROOM = `${COMMON}
local domain, limit, now, own = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
if own ~= '' and not call('ZSCORE', key('parked', domain), own) then return {own} end
local off = tonumber(call('GET', key('off', domain)) or nil)
if off and off > now then return {} end
local room, ids = (off and 1 or limit) - busy(domain, ''), {}
if room <= 0 then return ids end
local parked = call('ZPOPMIN', key('parked', domain), room)
for i = 1, #parked, 2 do ids[#ids + 1] = parked[i] end
return ids
`;

/** `lines limit`: domains that have parked jobs. */
const LINES = `${COMMON}
local domains = {}
for _, domain in ipairs(call('SRANDMEMBER', base .. 'lines', ARGV[1])) do
  if call('EXISTS', key('parked', domain)) == 1 then domains[#domains + 1] = domain
  else call('SREM', base .. 'lines', domain) end
end
return domains
`;

/** `outbox limit`: submissions whose jobs BullMQ may not know, with what it needs to know of them. */
const OUTBOX = `${COMMON}
local answer = {}
for _, s in ipairs(call('SRANDMEMBER', base .. 'outbox', ARGV[1])) do
  local jobs = {}
  for _, id in ipairs(call('ZRANGE', key('of', s), 0, -1)) do
    local found = call('HMGET', key('job', id), 'domain', 'kind', 'due', 'priority', 'ended')
    if found[1] and not found[5] then jobs[#jobs + 1] = {id, found[1], found[2], found[3], found[4]} end
  end
  answer[#answer + 1] = {s, jobs}
end
return answer
`;

/** `sent submission`: BullMQ knows its jobs. */
const SENT = `${COMMON}
return call('SREM', base .. 'outbox', ARGV[1])
`;

/** `due`: when there may be something to lease: `now`, a time, or milliseconds until a lease ends. */
const DUE = `${COMMON}
if call('EXISTS', base .. 'outbox', bull .. 'prioritized', bull .. 'wait') > 0 then return {'0', ''} end
local first = call('ZRANGE', bull .. 'delayed', 0, 0, 'WITHSCORES')[2]
local left = ''
for _, id in ipairs(call('LRANGE', bull .. 'active', 0, 199)) do
  local ms = math.max(0, call('PTTL', lock(id)))
  if left == '' or ms < left then left = ms end
end
return {first and string.format('%d', tonumber(first) / 4096) or '', tostring(left)}
`;

/** The scripts of senders and workers by the name under which they are called. */
export const WORKING_SCRIPTS = {
  keep: KEEP,
  settle: SETTLE,
  grant: GRANT,
  take: TAKE,
  room: ROOM,
  lines: LINES,
  outbox: OUTBOX,
  sent: SENT,
  due: DUE,
} as const;
