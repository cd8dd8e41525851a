-- What a store does with the limit and the books of one account; each operation is one step.
--
-- KEYS: limit, slots, entries, leases, lines, spent, budgets, notes of the account.
-- ARGV: the operation; the epoch that the caller knows, or ''; the time for tests, or ''; then what the operation takes.
-- Numbers travel as text with 17 digits, so that nothing of them is lost.

local LIMIT, SLOTS, ENTRIES, LEASES, LINES, SPENT, BUDGETS, NOTES = unpack(KEYS)
local LARGEST_JITTER, ROUNDING = 1, 1e-9

local function text(number)
  return string.format('%.17g', number)
end

local function server_time()
  local found = redis.call('TIME')
  return tonumber(ARGV[3]) or (tonumber(found[1]) + tonumber(found[2]) / 1e6)
end

-- Slots: the arithmetic of SlotBook.

local function load_book()
  local found = redis.call('HMGET', LIMIT, 'turn', 'resume_at', 'touched', 'refusals')
  return {
    turn = tonumber(found[1] or 0), resume_at = tonumber(found[2] or 0),
    touched = tonumber(found[3] or nil), refusals = tonumber(found[4] or 0),
  }
end

local function save_book(book, window)
  redis.call('HSET', LIMIT, 'turn', text(book.turn), 'resume_at', text(book.resume_at), 'touched', text(book.touched),
    'refusals', book.refusals)
  -- Idle for so long, there is nothing left to remember. Refusals are kept for those who still hold slots.
  local idle = math.ceil((math.max(0, book.turn - book.touched, book.resume_at - book.touched) + 10 * window + 60) * 1000)
  redis.call('PEXPIRE', LIMIT, idle)
  redis.call('PEXPIRE', SLOTS, idle)
end

local function shift_slots(seconds)
  local all = redis.call('LRANGE', SLOTS, 0, -1)
  redis.call('DEL', SLOTS)
  for _, at in ipairs(all) do
    redis.call('RPUSH', SLOTS, text(tonumber(at) + seconds))
  end
end

local function steady(book, now)
  local back = book.touched and book.touched - now or 0
  if back > LARGEST_JITTER then
    book.turn, book.resume_at = book.turn - back, book.resume_at - back
    shift_slots(-back)
  elseif back > 0 then
    return now + back
  end
  book.touched = now
  return now
end

local function window_opens(calls, window, now)
  local first = redis.call('LINDEX', SLOTS, -calls)
  if not first then
    return -math.huge
  end
  while redis.call('LLEN', SLOTS) > calls and tonumber(redis.call('LINDEX', SLOTS, 0)) <= now - window do
    redis.call('LPOP', SLOTS)
  end
  return tonumber(first) + window
end

local function push_back(book, tolerance, seconds, now)
  now = steady(book, now)
  book.refusals = book.refusals + 1
  book.resume_at = math.max(book.resume_at, now + seconds)
  book.turn = book.resume_at + tolerance
  while redis.call('LLEN', SLOTS) > 0 and tonumber(redis.call('LINDEX', SLOTS, -1)) > now do
    redis.call('RPOP', SLOTS)
  end
end

local function move(at, later)
  local place = redis.call('LPOS', SLOTS, at, 'RANK', -1)
  if not place then
    return
  end
  local behind = place + 1
  while tonumber(redis.call('LINDEX', SLOTS, behind) or math.huge) <= tonumber(later) do
    behind = behind + 1
  end
  if behind == place + 1 then
    redis.call('LSET', SLOTS, place, later)
    return
  end
  local pivot = redis.call('LINDEX', SLOTS, behind)
  redis.call('LREM', SLOTS, -1, at)
  if pivot then
    redis.call('LINSERT', SLOTS, 'BEFORE', pivot, later)
  else
    redis.call('RPUSH', SLOTS, later)
  end
end

-- Books: the arithmetic of Books.

local function add(hash, field, number)
  if number ~= 0 then
    redis.call('HINCRBYFLOAT', hash, field, text(number))
  end
end

local function add_to_line(line, changes)
  for metric, number in pairs(changes) do
    add(LINES, metric .. ' ' .. line, number)
  end
  -- Sums of fractions are not exact: what is left over when nothing is held or reserved would never go away.
  for sum, count in pairs({held = 'held_calls', reserved = 'reserved_calls'}) do
    if tonumber(redis.call('HGET', LINES, count .. ' ' .. line) or 0) == 0 then
      redis.call('HDEL', LINES, sum .. ' ' .. line, count .. ' ' .. line)
    end
  end
end

local function spend(scopes, tokens)
  for _, scope in ipairs(scopes) do
    add(SPENT, scope, tokens)
  end
end

local function find(id)
  local found = redis.call('HGET', ENTRIES, id)
  return found and cjson.decode(found)
end

local function keep(id, entry)
  redis.call('HSET', ENTRIES, id, cjson.encode(entry))
end

local function unpriced(entry)
  return entry.tokens == '' and 1 or 0
end

local function amount(entry)
  return tonumber(entry.tokens) or 0
end

local function take_off_line(entry)
  if entry.is_held then
    add_to_line(entry.line, {calls = -1, held = -amount(entry), held_calls = -1, unpriced = -unpriced(entry)})
  else
    add_to_line(entry.line, {reserved = -amount(entry), reserved_calls = -1})
  end
end

local function put_on_hold(id, entry)
  entry.is_held = true
  keep(id, entry)
  add_to_line(entry.line, {calls = 1, held = amount(entry), held_calls = 1, unpriced = unpriced(entry)})
end

local function book(id, fate)
  local entry = find(id)
  if not entry then
    return 0
  end
  take_off_line(entry)
  redis.call('ZREM', LEASES, id)
  if fate == 'hold' then
    put_on_hold(id, entry)
    return 1
  end
  redis.call('HDEL', ENTRIES, id)
  if fate == 'settle' then
    add_to_line(entry.line, {calls = 1, tokens = amount(entry), unpriced = unpriced(entry)})
  else
    spend(entry.scopes, -amount(entry))
  end
  return 1
end

local function hold_the_overdue()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', LEASES, '-inf', text(server_time()))) do
    book(id, 'hold')
  end
end

local function over(scope, limit, needed)
  local spent = tonumber(redis.call('HGET', SPENT, scope) or 0)
  return spent + needed > tonumber(limit) + ROUNDING and {'over', scope, text(spent), limit}
end

local function overrun(entry, caps)
  for _, scope in ipairs(entry.scopes) do
    local limits = {caps[scope]}
    local kind = string.match(scope, '^(%a+)')
    for _, field in ipairs({scope, kind}) do
      limits[#limits + 1] = redis.call('HGET', BUDGETS, field) or nil
    end
    table.sort(limits, function(one, other) return tonumber(one) < tonumber(other) end)
    local found = limits[1] and over(scope, limits[1], amount(entry))
    if found then
      return found
    end
  end
end

-- Books must not get lost unnoticed: whoever has used them knows their epoch.

local function check_epoch()
  local known, found = ARGV[2], redis.call('HGET', NOTES, 'epoch')
  if found and (known == '' or known == found) then
    return found
  end
  if known ~= '' then
    return nil
  end
  found = ARGV[4]
  redis.call('HSET', NOTES, 'epoch', found)
  return found
end

-- What was given out is not known any more to a server that was emptied: so nobody leaves for a window.

local function forget_all(limit, tolerance, window)
  push_back(limit, tolerance, window, server_time())
  -- No slot from before is of this number, as there may be of a number that is counted from 0 again.
  limit.refusals = math.floor(server_time())
  save_book(limit, window)
end

-- Operations. Each takes what follows the fixed arguments.

local operations = {}

function operations.reserve_slot(interval, tolerance, calls, window, is_known)
  interval, tolerance, calls, window = tonumber(interval), tonumber(tolerance), tonumber(calls), tonumber(window)
  local limit = load_book()
  if is_known == '1' and redis.call('EXISTS', LIMIT) == 0 then
    forget_all(limit, tolerance, window)
  end
  local now = steady(limit, server_time())
  local newest = tonumber(redis.call('LINDEX', SLOTS, -1) or -math.huge)
  local held_until = math.max(newest, limit.turn - tolerance, limit.resume_at, window_opens(calls, window, now))
  local at = held_until <= now and now or math.max(held_until, newest + interval / 2)
  limit.turn = math.max(limit.turn, at) + interval
  redis.call('RPUSH', SLOTS, text(at))
  save_book(limit, window)
  return {text(at), text(at - now), limit.refusals}
end

function operations.give_slot_back(at, refusals, interval, window)
  local limit = load_book()
  if limit.refusals == tonumber(refusals) and redis.call('LINDEX', SLOTS, -1) == at then
    redis.call('RPOP', SLOTS)
    limit.turn = limit.turn - tonumber(interval)
    save_book(limit, tonumber(window))
  end
end

function operations.confirm_slot(at, refusals, calls, window, tolerated, tolerance, is_known)
  local limit = load_book()
  if is_known == '1' and redis.call('EXISTS', LIMIT) == 0 then
    forget_all(limit, tonumber(tolerance), tonumber(window))
  end
  if limit.refusals ~= tonumber(refusals) then
    return {at, '0', limit.refusals}
  end
  local now = limit.touched and math.max(server_time(), limit.touched) or server_time()
  if now - tonumber(at) > tonumber(tolerated) then
    move(at, text(now))
    at = text(now)
  end
  local place = redis.call('LPOS', SLOTS, at, 'RANK', -1)
  while place and tonumber(redis.call('LINDEX', SLOTS, place + 1) or math.huge) <= now do
    place = place + 1
  end
  local before = place and place >= tonumber(calls) and redis.call('LINDEX', SLOTS, place - tonumber(calls))
  local opens = before and tonumber(before) + tonumber(window) or -math.huge
  if opens <= math.max(now, tonumber(at)) then
    return {at, '0', limit.refusals}
  end
  move(at, text(opens))
  return {text(opens), text(opens - now), limit.refusals}
end

function operations.delay(at, later)
  move(at, later)
end

function operations.push_back(tolerance, window, seconds)
  local limit = load_book()
  push_back(limit, tonumber(tolerance), tonumber(seconds), server_time())
  save_book(limit, tonumber(window))
end

function operations.leave(interval, tolerance, window, calls)
  local limit = load_book()
  local now = steady(limit, server_time())
  limit.turn = math.max(limit.turn, now + tonumber(tolerance) - tonumber(interval) * (tonumber(calls) - 1))
  save_book(limit, tonumber(window))
end

function operations.reserve(id, written, seconds, caps)
  if find(id) then
    return {'ok'}
  end
  local entry = cjson.decode(written)
  local found = overrun(entry, cjson.decode(caps))
  if found then
    return found
  end
  local now = server_time()
  entry.since = text(now)
  keep(id, entry)
  redis.call('ZADD', LEASES, text(now + tonumber(seconds)), id)
  add_to_line(entry.line, {reserved = amount(entry), reserved_calls = 1})
  spend(entry.scopes, amount(entry))
  return {'ok'}
end

function operations.book(id, fate)
  return {'ok', book(id, fate)}
end

function operations.doubt(id, written)
  local entry = cjson.decode(written)
  local calls = tonumber(redis.call('HGET', LINES, 'calls ' .. entry.line) or 0)
  local held = tonumber(redis.call('HGET', LINES, 'held_calls ' .. entry.line) or 0)
  if not find(id) and calls > held then
    entry.since = text(server_time())
    add_to_line(entry.line, {calls = -1, tokens = -amount(entry), unpriced = -unpriced(entry)})
    put_on_hold(id, entry)
  end
  return {'ok'}
end

function operations.lines()
  hold_the_overdue()
  return {'ok', redis.call('HGETALL', LINES)}
end

function operations.holds()
  hold_the_overdue()
  local held = {}
  for _, written in ipairs(redis.call('HGETALL', ENTRIES)) do
    held[#held + 1] = written
  end
  return {'ok', held}
end

function operations.close_holds(ids, fate)
  hold_the_overdue()
  local closed = 0
  for _, id in ipairs(cjson.decode(ids)) do
    local entry = find(id)
    if entry and entry.is_held then
      closed = closed + book(id, fate)
    end
  end
  return {'ok', closed}
end

function operations.budgets()
  return {'ok', redis.call('HGETALL', BUDGETS), redis.call('HGETALL', SPENT), redis.call('HGETALL', NOTES)}
end

function operations.set_budget(field, tokens)
  if redis.call('HSET', BUDGETS, field, tokens) == 1 then
    redis.call('HSET', NOTES, 'place ' .. field, redis.call('HINCRBY', NOTES, 'places', 1))
  end
  return {'ok'}
end

function operations.drop_budget(field)
  return {'ok', redis.call('HDEL', BUDGETS, field)}
end

function operations.accounts()
  -- Found by the caller; it is an operation so that it comes after those before it.
  return {'ok'}
end

function operations.note(name)
  return {'ok', redis.call('HGET', NOTES, 'note ' .. name)}
end

function operations.set_note(name, written)
  redis.call('HSET', NOTES, 'note ' .. name, written)
  return {'ok'}
end

local IS_WRITTEN = {reserve = true, set_budget = true, set_note = true}
local WITHOUT_EPOCH = {
  reserve_slot = true, confirm_slot = true, give_slot_back = true, delay = true, push_back = true, leave = true,
}

if WITHOUT_EPOCH[ARGV[1]] then
  return operations[ARGV[1]](unpack(ARGV, 4))
end
local epoch = check_epoch()
if not epoch then
  return {'lost'}
end
if IS_WRITTEN[ARGV[1]] then
  redis.call('HSET', NOTES, 'is_used', 1)
end
local answer = operations[ARGV[1]](unpack(ARGV, 5))
table.insert(answer, 2, epoch)
return answer
