# METADATA
# title: Personal data in the crm
# description: What leaves the crm, and what a record may hold in clear.
# custom:
#   servers: [crm]
#   kinds: [tool]
package policy.pii

redact contains {"path": "/customer/iban", "mode": "mask"} if {
	input.tool.id == "crm.get_customer"
	not finance
	not input.result.is_error
}

withhold contains {
	"code": "pii.bulk_result",
	"message": "More than 32 KiB of personal data at once leave the crm for finance only.",
	"remedy": "Ask for fewer customers at a time.",
} if {
	"personal" in input.tool.data_classes
	input.result.bytes > 32768
	not finance
}

mask contains {"path": "/user/email"}

mask contains {"path": "/args/fields/iban"}

mask contains {"path": "/result/structured/customer/iban"}

finance if "finance" in input.user.groups
