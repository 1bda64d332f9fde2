package policy.files_test

import data.policy.files

outside(path) if {
	constraints := files.constrain with input as {"args": {"path": path}}
	count(constraints) == 1
}

test_the_shared_folder_is_open if {
	every path in ["shared", "shared/welcome.txt", "shared/a/b.txt", "shared/..hidden"] {
		constraints := files.constrain with input as {"args": {"path": path}}
		constraints == set()
	}
}

test_everything_else_is_closed if {
	every path in ["", ".", "..", "private/salaries.txt", "shared/../private", "shared/..", "shared-not/a", "/etc/shadow", "Shared/a", "~/shared/a", "./shared/a", "shared/..\\private"] {
		outside(path)
	}
}
