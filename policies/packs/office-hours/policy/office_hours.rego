# METADATA
# title: Office hours
# description: Changes only while people are there; by weekday, minute and zone, without holidays.
# custom:
#   servers: ["*"]
#   kinds: [tool, extension]
package policy.office_hours

deny contains {
	"code": "office_hours.closed",
	"message": "The server {input.server.id} takes no changes outside office hours.",
	"remedy": "Try again within office hours, or use a tool that only reads.",
} if {
	applies
	not excepted
	not open_now
}

excepted if {
	data.settings.opening_hours.reads_always == true
	input.tool.effects == ["read"]
}

excepted if data.custom.office_hours.except[input.tool.id] == true

excepted if data.custom.office_hours.except[input.extension.id] == true

open_now if {
	ns := input.time.ns
	zone := zone_of_server
	weekday := lower(weekday_in(ns, zone))
	clock := clock_in(ns, zone)
	date := date_in(ns, zone)
	some window in data.settings.opening_hours.days[weekday]
	within(clock, window)
	not is_holiday(date)
}

zone_of_server := object.get(data.custom.office_hours.zones, input.server.id, data.settings.opening_hours.zone)

# From the first minute to the last but one: until 18:00 ends at 17:59. Texts of one length compare as times do.
within(clock, window) if {
	is_time(window.from)
	is_time(window.until)
	is_time(clock)
	clock >= window.from
	clock < window.until
}

is_time(text) if {
	is_string(text)
	regex.match(`^([01][0-9]|2[0-4]):[0-5][0-9]$`, text)
}

# A list of holidays that was lost or misspelt makes every day one.
default is_holiday(_) := true

is_holiday(date) := false if {
	holidays := data.settings.opening_hours.holidays
	is_object(holidays)
	is_string(date)
	count(date) == 10
	object.get(holidays, date, null) == null
}

# A zone that there is not, or a clock that is missing, leaves these without an answer that fits.
default weekday_in(_, _) := ""

weekday_in(ns, zone) := time.weekday([ns, zone])

default clock_in(_, _) := ""

clock_in(ns, zone) := sprintf("%02d:%02d", [hour, minute]) if [hour, minute, _] := time.clock([ns, zone])

default date_in(_, _) := ""

date_in(ns, zone) := sprintf("%04d-%02d-%02d", [year, month, day]) if [year, month, day] := time.date([ns, zone])

# Anything but false switches it on: "crm: yes" is a text in YAML 1.2, and must not mean no.
applies if {
	switch := data.custom.office_hours.servers[input.server.id]
	switch != false
}

applies if {
	switch := data.custom.office_hours.servers["*"]
	switch != false
}

# A table that was lost or misspelt closes everything.
applies if not configured

configured if is_object(data.custom.office_hours.servers)
