package policy.pii_test

import data.policy.pii

customer := {"tool": {"id": "crm.get_customer", "data_classes": ["personal", "bank"]}, "result": {"is_error": false, "bytes": 180}}

of(group) := {"user": {"groups": [group]}}

test_the_bank_account_is_masked_for_all_but_finance if {
	support := pii.redact with input as object.union(customer, of("support"))
	support == {{"path": "/customer/iban", "mode": "mask"}}
	alone := pii.redact with input as customer
	alone == support
	finance := pii.redact with input as object.union(customer, of("finance"))
	finance == set()
}

test_an_error_has_no_bank_account if {
	redactions := pii.redact with input as object.union(customer, {"result": {"is_error": true}})
	redactions == set()
}

test_much_personal_data_leaves_for_finance_only if {
	much := object.union(customer, {"result": {"bytes": 32769}})
	support := pii.withhold with input as object.union(much, of("support"))
	{w.code | some w in support} == {"pii.bulk_result"}
	alone := pii.withhold with input as much
	alone == support
	finance := pii.withhold with input as object.union(much, of("finance"))
	finance == set()
	little := pii.withhold with input as object.union(much, {"result": {"bytes": 32768}})
	little == set()
}

test_records_hide_addresses_and_bank_accounts if {
	{m.path | some m in pii.mask} == {"/user/email", "/args/fields/iban", "/result/structured/customer/iban"}
}
