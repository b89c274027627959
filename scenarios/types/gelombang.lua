---@meta
-- Annotations for the Lua language server: point its workspace library at this directory.
-- docs/scripting.md explains each call.

---@alias Time string|number  "250ms", "20s", "2m", "1h30m", or seconds
---@alias RateText string      "50/s", "30/m", "100/h"

---@class Step
---@overload fun(body: (fun(...): ...), ...): ...
local Step = {}
---@param body fun(...): ...
---@return boolean succeeded
---@return ... # what the body returned, or the error class
function Step:try(body, ...) end

---@param name string unique within its journey
---@return Step
function step(name) end

---@class Feed
---@class Load
---@class Guard

---@class Person
---@field index string
---@field name string
---@field email string
---@field password string
---@field nik string
---@field kk string
---@field birth_date string
---@field sex "female"|"male"
---@field session? RecordedRequest[] if the load replays an access log

local Person = {}
---@param share string named in a behaviour's shares
---@return boolean # always the same answer
function Person:will(share) end
---@param choice string a table in a behaviour's shares
---@return string? # the alternative that applies to this person; nil: none
function Person:which(choice) end
---@return integer # tries at the current step, including this one
function Person:tries() end

---@class Spread
---@field median Time|number
---@field p90 Time|number not below the median

---@class Behaviour
---@class BehaviourOptions
---@field name string
---@field patience? Spread how long to wait for a page before it is abandoned
---@field reload? number share of people who reload at once when patience ends
---@field burst? { [1]: integer, [2]: integer } tries in a row
---@field gap? { [1]: Time, [2]: Time } between two tries of a burst
---@field pauses? { [1]: number, [2]: Time, [3]: Time }[] after a burst: share, shortest, longest
---@field attempts? Spread tries at one step before giving up
---@field double_submit? number share of POSTs sent twice
---@field again? "step"|"journey" where the next try begins
---@field shares? table<string, number|table<string, number>>
---@param options BehaviourOptions
---@return Behaviour
function behaviour(options) end

---@class Network
---@class NetworkOptions
---@field name string
---@field weight? number share of the people, relative to the other networks of the scenario
---@field upload string such as "1.5Mbit/s"
---@field download string
---@field rtt? Time added to the real round trip; at most 60s
---@param options NetworkOptions
---@return Network
function network(options) end

-- The person leaves by choice. Call it only between two steps.
function leave() end

---@class Journey
---@field run fun(person: Person|table<string, string>)
---@field behaviour? Behaviour
---@field weight? number
---@field steps? Step[]
---@field people? Feed
---@field lasts? Time how long one visit takes, including pauses

---@class ScenarioOptions
---@field description? string
---@field journeys table<string, Journey>
---@field people? Feed
---@field loads? table<string, Load>
---@field thresholds? string[]
---@field catch_up? "burst"|"capped"|"skip" what happens to arrivals delayed by a stall of the generator; default: capped
---@field guards? Guard[]
---@field networks? Network[] the access networks of the people; each person gets one, by weight
---@field backend? { header?: string, cookie?: string } the part of a response that names the server behind it

---@class Scenario: ScenarioOptions
---@param options ScenarioOptions
---@return Scenario
function scenario(options) end

---@param options { rate: RateText, duration: Time, uniform?: boolean }
---@return Load
function constant_rate(options) end

---@param options { start?: RateText, stages: { [1]: Time, [2]: RateText }[], uniform?: boolean }
---@return Load
function ramping_rate(options) end

---@param options { [integer]: { [1]: Time, [2]: RateText, [3]?: RateText }, uniform?: boolean } duration, rate, and the rate at the end
---@return Load
function stages(options) end

---@param options { base?: RateText, peak: RateText, at: Time, rise?: Time, hold?: Time, fall?: Time, duration: Time, uniform?: boolean }
---@return Load
function spike(options) end

---@class Zone
---@field utc number hours east of Greenwich
---@field share? number relative to the other zones

---@param options { mean: RateText, duration: Time, weights: number[], zones?: Zone[], start?: string, uniform?: boolean }
---@return Load
function diurnal(options) end

---@class WaveOptions
---@field arrivals number expected within the window
---@field window Time
---@field first_hour? number share of the arrivals, 0 to 1
---@field first_minute? number its mean rate, relative to that of the first hour
---@field half_life? Time
---@field weights? number[] by local hour
---@field zones? Zone[]
---@field start? string time of day in the first zone
---@field closing? { share?: number, lasts?: Time }|false
---@field result? { after: Time, share?: number, half_life?: Time }
---@field uniform? boolean
---@param options WaveOptions
---@return Load
function wave_opening(options) end

replay = {}
---@param path string beside the scenario, or the whole value of a --set: rows of time,count
---@param options? { uniform?: boolean }
---@return Load
function replay.csv(path, options) end
---@param path string beside the scenario, or the whole value of a --set: common or combined format
---@param options? { gap?: Time, query?: boolean }
---@return Load
function replay.access_log(path, options) end
---@param options { url: string, query: string, from: string|number, to: string|number, step?: Time, uniform?: boolean }
---@return Load
function replay.prometheus(options) end

---@class RecordedRequest
---@field at number seconds since the session's first request
---@field after number seconds since the previous request
---@field method "get"|"head"|"post"|"put"|"patch"|"delete"|"options"
---@field path string
---@field status integer

---@param options { users: integer, duration: Time }
---@return Load
function constant_users(options) end

---@param options { users?: integer, iterations: integer, longest?: Time }
---@return Load
function iterations(options) end

feed = {}
---@alias FeedOrder "queue"|"circular"|"random"
---@param options? { seed?: integer, first?: integer, count?: integer, domain?: string, order?: FeedOrder }
---@return Feed
function feed.people(options) end
---@param path string beside the scenario, or the whole value of a --set
---@param options? { order?: FeedOrder }
---@return Feed
function feed.csv(path, options) end

guard = {}
---@param options { pattern: string, only: string }
---@return Guard
function guard.body(options) end

---@class Photo
---@field size integer bytes
---@field type string media type
---@field filename string

---@class PhotoOptions
---@field title? string[]
---@field lines? ({ [1]: string, [2]: string }|string)[]
---@field stamp? string
---@field card_color? string
---@field portrait_color? string
---@field text_color? string
---@field stamp_color? string
---@field table_color? string
---@field seed? integer
---@field width? integer
---@field height? integer
---@field format? "jpeg"|"png"|"heic_like"|"pdf"
---@field quality? integer
---@field size? integer exact bytes
---@field grain? number
---@field crop? number
---@field blur? number
---@field photocopy? boolean
---@field rotated? 0|90|180|270
---@field exif? boolean
---@field wrong_bytes? boolean
---@field filename? string
---@param options PhotoOptions
---@return Photo
function photo(options) end

---@class Response
---@field status integer
---@field body string the first MiB
---@field url string of the last hop, without query
local Response = {}
---@param name string case-insensitive
---@return string?
function Response:header(name) end
---@return any # a body that is not JSON fails the step
function Response:json() end

---@class RequestOptions
---@field headers? table<string, string>
---@field query? table<string, string|number>
---@field json? any
---@field form? table<string, string|number>
---@field body? string
---@field content_type? string
---@field multipart? { name: string, value?: string, file?: Photo|string, filename?: string, type?: string }[]
---@field expect? integer[]
---@field timeout? Time
---@field patience? number multiplies the patience for a page
---@field done_before? { status: integer, says: string } a response that counts as success if the person did this before
---@field connect_timeout? Time
---@field redirects? integer
---@field version? "1.1"
---@field max_body? integer bytes of the response to keep, at most 67108864; default: 1 MiB
---@field expect_continue? boolean

http = {}
---@param url string absolute, or a path of the target
---@param options? RequestOptions
---@return Response
function http.get(url, options) end
---@param url string
---@param options? RequestOptions
---@return Response
function http.head(url, options) end
---@param url string
---@param options? RequestOptions
---@return Response
function http.post(url, options) end
---@param url string
---@param options? RequestOptions
---@return Response
function http.put(url, options) end
---@param url string
---@param options? RequestOptions
---@return Response
function http.patch(url, options) end
---@param url string
---@param options? RequestOptions
---@return Response
function http.delete(url, options) end
---@param url string
---@param options? RequestOptions
---@return Response
function http.options(url, options) end
---@param name string
---@return string?
function http.cookie(name) end

mailbox = {}
---@param options { to: string, link?: string, expected_within?: Time, give_up_after?: Time }
---@return { folder: "inbox"|"spam", delay: number, late: boolean, subject: string, link: string }
function mailbox.wait(options) end

---@generic T
---@param what string
---@param holds T
---@param class? string an error class of the application or mail layer
---@param got? any the checked value; a failure keeps it instead of the step's last response
---@return T
function check(what, holds, class, got) end
---@param text string
---@param pattern string a Lua pattern with a capture
---@param class? string
---@return string
function capture(text, pattern, class) end
---@param rule string
---@param row { expected: any, got: any }
function conformance(rule, row) end
---@param shortest Time
---@param longest? Time
function think(shortest, longest) end
---@param time Time
function sleep(time) end
---@param time Time since the intended start of this visit
function wait_until(time) end
---@param m? integer
---@param n? integer
---@return number
function random(m, n) end
---@param key string
---@param default? string
---@return string?
function setting(key, default) end
---@param key string
---@return string
function secret(key) end
function log(...) end

---@type string
target = ""
---@type { seed: integer }
run = {}
json = {}
---@param value any
---@return string
function json.encode(value) end
---@param text string
---@return any
function json.decode(text) end
-- A list in JSON, even if it is empty.
---@generic T: table
---@param list? T
---@return T
function json.list(list) end
-- A number of any length, for a JSON body.
---@param text string|number
---@return userdata
function json.number(text) end
json.null = nil

---@class Pool
---@param options { [1]: Feed, rest?: Time }
---@return Pool
function pool(options) end
---@class Objective
---@field step string
---@field below Time
---@field share string such as "95%"
---@class Monitor
---@field scenario? string beside the watch file, or a shipped one; either this
---@field url? string or that
---@field contains? string
---@field every Time
---@field timeout? Time
---@field slow? Time
---@field public? string
---@field people? Pool
---@field slo? { availability?: string, [integer]: Objective }
---@field down? string such as "2 of 5"
---@field max_in_flight? integer
---@field probe? boolean
---@field per_day? integer
-- A watch file returns it: see docs/watch.md.
---@param options { location?: string, locations?: string[], zone?: string, target?: string, monitors: table<string, Monitor>, maintenance?: { every?: string, at?: string, lasts: Time }[], calendar?: string[][], witness?: string[] }
---@return table
function watch(options) end
