-- Each thread has one connection. It sends one credential in all requests ("connection"), or the next credential of
-- the list in each request ("rotating").
-- Arguments: a file with one credential per line, "connection" or "rotating", and the pause between requests in ms.

local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  local credentials = {}
  for line in io.lines(args[1]) do credentials[#credentials + 1] = line end
  local pause = tonumber(args[3])
  local next = number * 7 % #credentials
  local requests = {}
  local count = args[2] == "rotating" and #credentials or 1
  for index = 1, count do
    wrk.headers["Authorization"] = "Bearer " .. credentials[(next + index - 1) % #credentials + 1]
    requests[index] = wrk.format("GET", "/")
  end
  local at = 0
  request = function()
    at = at % count + 1
    return requests[at]
  end
  if pause > 0 then
    delay = function() return math.random(pause - 1, pause + 1) end
  end
end

function done(summary, latency)
  print(string.format(
    '{"requests":%d,"seconds":%f,"refused":%d,"failed":%d,"p99":%f}',
    summary.requests,
    summary.duration / 1e6,
    summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(99) / 1000
  ))
end
