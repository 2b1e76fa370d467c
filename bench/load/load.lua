-- What wrk sends and what it reports. Arguments: a file with the request as it goes over the wire; the
-- first of the numbers that take the place of its @@@@@@@@@ (nine digits: the length stays); and, if
-- that many answers are enough, how many.

local before, after, number

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local text = file:read("*a")
  file:close()
  number = tonumber(args[2])
  local from, to = text:find("@@@@@@@@@", 1, true)
  if from then
    before, after = text:sub(1, from - 1), text:sub(to + 1)
  else
    before = text
  end
  local enough = tonumber(args[3] or "")
  if enough then
    local answers = 0
    -- Only defined where it is needed: wrk hands over every answer to it.
    function response()
      answers = answers + 1
      if answers == enough then
        wrk.thread:stop()
        -- wrk itself sleeps until its time is over: whoever started it wakes it.
        io.stderr:write("enough\n")
      end
    end
  end
end

function request()
  if not after then return before end
  number = number + 1
  return before .. string.format("%09d", number) .. after
end

function done(summary, latency)
  local errors = summary.errors
  io.stderr:write(string.format(
    '{"requests":%d,"seconds":%f,"p50_ms":%f,"p99_ms":%f,"errors":%d}\n',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
