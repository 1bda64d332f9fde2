# METADATA
# title: Refunds in the crm
# description: Who may give money back, how much, when, and how often a day.
# custom:
#   servers: [crm]
#   kinds: [tool]
package policy.refunds

permit contains {"id": "support-refunds"} if {
	"support" in input.user.groups
	input.tool.id == "crm.refund"
}

permit contains {"id": "finance-refunds"} if {
	"finance" in input.user.groups
	input.tool.id == "crm.refund"
}

constrain contains {
	"code": "refunds.too_much",
	"message": "Refunds above 1000 are never allowed, {input.user.id}.",
	"remedy": "Split nothing: ask finance to pay it by bank transfer.",
} if {
	input.tool.id == "crm.refund"
	input.args.amount > 1000
}

constrain contains {
	"code": "refunds.not_positive",
	"message": "A refund must be more than 0.",
	"remedy": "Check the amount.",
} if {
	input.tool.id == "crm.refund"
	input.args.amount <= 0
}

constrain contains {
	"code": "refunds.outside_hours",
	"message": "Refunds above 500 run on weekdays, 08:00-18:00.",
	"remedy": "Try again within office hours.",
} if {
	input.tool.id == "crm.refund"
	input.args.amount > 500
	not office_hours
}

oblige contains {"type": "budget", "name": "refunds-per-day", "cost": 1} if {
	input.tool.id == "crm.refund"
}

office_hours if {
	input.time.hour >= data.settings.office_hours.from
	input.time.hour < data.settings.office_hours.until
	input.time.weekday in {"monday", "tuesday", "wednesday", "thursday", "friday"}
}
