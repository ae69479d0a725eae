# Reads the output of go test -json twice: first finds what failed, then prints
# the output of that. The last line is the number of tests that passed and failed.

function field(name,    value) {
    if (!match($0, "\"" name "\":\"([^\"\\\\]|\\\\.)*\"")) return ""
    value = substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 5)
    return value
}

{
    action = field("Action"); package = field("Package"); test = field("Test")
    if (package == "") package = field("ImportPath")
    what = package " " test
}

FNR == NR && action == "pass" && test != "" { passed++ }
FNR == NR && (action == "fail" || action == "build-fail") {
    if (test != "") { failed++; tests[package]++; bad[what] = 1 }
    else if (action == "fail" && !tests[package]) { failed++; bad[what] = 1 }
    else bad[what] = 1
}
FNR != NR && (action == "output" || action == "build-output") && bad[what] {
    text = field("Output")
    gsub(/\\u003c/, "<", text); gsub(/\\u003e/, ">", text); gsub(/\\u0026/, "\\&", text)
    gsub(/\\"/, "\"", text); gsub(/\\t/, "\t", text); gsub(/\\n/, "", text)
    print text
}

END { print passed + 0, failed + 0 }
