package policy.questions_test

import data.policy.questions

settings := {"hosts": ["sign-in.example.com"], "max_tokens": 1000}

codes(asked) := {c.code | some c in constraints} if {
	constraints := questions.constrain with input as asked with data.settings.questions as settings
}

asks_for(name) := {"elicitation": {"mode": "form", "fields": [name]}}

titled(title) := {
	"elicitation": {"mode": "form", "fields": ["answer"]},
	"args": {"requestedSchema": {"properties": {"answer": {"type": "string", "title": title}}}},
}

test_secrets_are_known_by_their_names if {
	every name in ["password", "PassWord", "new_password", "api-key", "apiKey", "Access Token", "client_secret", "private.key", "pin", "PIN", "card_pin", "cardPin", "cardPIN", "otp2", "user.cvv"] {
		codes(asks_for(name)) == {"questions.secret"}
		codes(titled(name)) == {"questions.secret"}
	}
}

test_other_names_are_not_secrets if {
	every name in ["name", "shipping", "spinner", "opinion", "Pinboard", "topic", "e-mail", ""] {
		codes(asks_for(name)) == set()
		codes(titled(name)) == set()
	}
}

test_a_form_without_titles_is_judged_by_its_names if {
	codes({"elicitation": {"mode": "form", "fields": ["name"]}, "args": {"requestedSchema": {"properties": {"name": {"type": "string"}}}}}) == set()
}

test_people_are_sent_to_known_hosts_only if {
	codes({"elicitation": {"mode": "url", "host": "sign-in.example.com"}}) == set()
	every host in ["evil.example", "sign-in.example.com.evil.example", "sign-in.example.com:8443", "", null] {
		codes({"elicitation": {"mode": "url", "host": host}}) == {"questions.foreign_page"}
	}
	codes({"elicitation": {"mode": "url"}}) == {"questions.foreign_page"}
}

test_without_settings_nobody_is_sent_anywhere if {
	constraints := questions.constrain with input as {"elicitation": {"mode": "url", "host": "sign-in.example.com"}} with data.settings as {}
	{c.code | some c in constraints} == {"questions.foreign_page"}
}

test_a_model_is_asked_for_few_tokens if {
	codes({"sampling": {"max_tokens": 1000, "include_context": "none"}}) == set()
	codes({"sampling": {"max_tokens": 1001}}) == {"questions.too_many_tokens"}
	codes({"sampling": {}}) == {"questions.too_many_tokens"}
	constraints := questions.constrain with input as {"sampling": {"max_tokens": 1}} with data.settings as {}
	count(constraints) == 1
}

test_a_model_tells_no_server_what_another_told_it if {
	codes({"sampling": {"max_tokens": 1, "include_context": "allServers"}}) == {"questions.context"}
	codes({"sampling": {"max_tokens": 1, "include_context": "thisServer"}}) == set()
}
