#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Files below --root, fetched by curl: whole, in parts, again, only if they have changed; what is
# not below it; a file that is cut short while somebody downloads it (ATTACKS H06 to H09).

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e_begin "$@"
e2e_need curl sha256sum
# shellcheck source=tests/e2e/serve.sh
. "$(dirname "${BASH_SOURCE[0]}")/serve.sh"

root=$E2E_TMP/root got=$E2E_TMP/got
mkdir "$root" "$root/sub" "$root/empty" "$E2E_TMP/outside"
echo secret >"$E2E_TMP/outside/secret"
echo '<p>the beginning</p>' >"$root/index.html"
echo '<p>below</p>' >"$root/sub/index.html"
echo 'kept from others' >"$root/private.txt"
seq 500000 | tee "$root/numbers" >"$root/sub/with space & more.txt"
: >"$root/nothing"
ln -s ../outside/secret "$root/link"
ln -s ../outside "$root/out"
mkfifo "$root/fifo"
truncate -s 100G "$root/sparse"
chmod -R a+rX "$root"
chmod go-r "$root/private.txt"
touch -d '2020-02-02 02:02:02 UTC' "$root/numbers" "$root/nothing"

# fetch PATH [OPTION...]: its body is in $got; says its status and how many bytes came.
fetch() {
	local path=$1
	shift
	curl -s -m 20 --path-as-is -o "$got" -w '%{http_code} %{size_download}' "$@" "$url$path"
}

# told PATH NAME [OPTION...]: the value of a field of the response.
told() {
	local path=$1 name=$2
	shift 2
	curl -s -m 20 --path-as-is -o /dev/null -D - "$@" "$url$path" | tr -d '\r' |
		sed -n "s/^$name: //p"
}

# ---- what is there

serve --root "$root"
size=$(stat -c %s "$root/numbers")
equal "a file is answered whole" "$(fetch /numbers)" "200 $size"
ok "byte for byte" cmp "$root/numbers" "$got"
equal "its name may need escapes" "$(fetch /sub/with%20space%20%26%20more.txt)" "200 $size"
equal "an empty one has no bytes" "$(fetch /nothing)" "200 0"
equal "HEAD tells the length" "$(told /numbers Content-Length -I)" "$size"
equal "and no bytes come" "$(fetch /numbers -I -o /dev/null)" "200 0"
equal "when it was modified" "$(told /numbers Last-Modified)" "Sun, 02 Feb 2020 02:02:02 GMT"
equal "what is in it" "$(told /sub/with%20space%20%26%20more.txt Content-Type)" \
	"text/plain; charset=utf-8"
equal "or that this is not known" "$(told /numbers Content-Type)" application/octet-stream
fetch / >/dev/null
equal "a directory is its index.html" "$(<"$got")" "<p>the beginning</p>"
equal "without its slash it is somewhere else" "$(told /sub Location)" /sub/
equal "where a client finds it" "$(fetch /sub -L)" "200 13"
equal "never on another host" "$(told //sub Location)" /sub/
equal "one without a page is none" "$(fetch /empty/ | cut -d ' ' -f 1)" 404

# ---- parts

equal "the first bytes" "$(fetch /numbers -r 0-99)" "206 100"
equal "the last ones" "$(fetch /numbers -r -100)" "206 100"
equal "are those" "$(<"$got")" "$(tail -c 100 "$root/numbers")"
equal "which ones is told" "$(told /numbers Content-Range -r 10-19)" "bytes 10-19/$size"
equal "behind the end there is nothing" "$(fetch /numbers -r "$size-" | cut -d ' ' -f 1)" 416
equal "but the size is told" "$(told /numbers Content-Range -r "$size-")" "bytes */$size"
equal "several parts are the whole" "$(fetch /numbers -r 0-9,20-29)" "200 $size"
head -c 1000000 "$root/numbers" >"$got"
equal "a download goes on where it was left" \
	"$(curl -s -m 20 -C - -o "$got" -w '%{http_code}' $url/numbers)" 206
ok "and is complete then" cmp "$root/numbers" "$got"
equal "the end of 100 GiB" "$(fetch /sparse -r 107374182390-)" "206 10"

# ---- again

equal "what has not changed since is not sent" "$(fetch /numbers -z '1 Jan 2021')" "304 0"
equal "what has is" "$(fetch /numbers -z '1 Jan 2019')" "200 $size"
etag=$(told /numbers ETag)
equal "nor what one has already" "$(fetch /numbers -H "If-None-Match: $etag")" "304 0"
equal "a part of what one has" "$(fetch /numbers -r 0-9 -H "If-Range: $etag")" "206 10"
equal "is all of it, if it is another" "$(fetch /numbers -r 0-9 -H 'If-Range: "other"')" "200 $size"
equal "an upload has nowhere to go" "$(fetch /numbers -T "$root/index.html" | cut -d ' ' -f 1)" 405

# ---- what is not there

for path in /none /../outside/secret /sub/../../outside/secret /%2e%2e/outside/secret \
	/..%2foutside%2fsecret /link /out/secret /fifo /numbers/ /bytes/10 /etc/passwd; do
	equal "nothing: $path" "$(fetch "$path" | cut -d ' ' -f 1)" 404
done
fails "and not a byte of the secret" grep -q secret "$got"
if [ "$E2E_ROOT" = 1 ] && [ "$E2E_SANITIZED" != 1 ]; then
	equal "nobody may read what is root's alone" "$(fetch /private.txt | cut -d ' ' -f 1)" 403
fi
equal "the pages are below /_/" "$(curl -s -m 10 $url/_/bytes/10)" "$(seq 5)"
equal "with their counters" "$(curl -s -m 10 $url/_/metrics | tail -n 1)" "# EOF"

# ---- many at once

sum=$(sha256sum <"$root/numbers")
one() { curl -s -m 60 "$url/numbers" | sha256sum; }
export url
export -f one
equal "sixty downloads, sixteen at a time, are all the same" \
	"$(seq 60 | xargs -P 16 -I{} bash -c one | sort | uniq -c | sed 's/^ *//')" "60 $sum"
descriptors() { [ "$(find "/proc/$evtcpd/fd" | wc -l)" -le "$1" ]; }
ok "then no file is open any more" e2e_wait 5 descriptors 20

# ---- cut short

truncate -s 2G "$root/cut"
e2e_start download curl -s -S --limit-rate 2M -o "$got" $url/cut
under_way() { [ "$(stat -c %s "$got")" -gt 1000000 ]; }
rm -f "$got"
e2e_wait 10 under_way
truncate -s 2000000 "$root/cut"
wait "$download"
equal "a download of what is cut short meanwhile fails" $? 56
equal "others do not notice" "$(fetch /numbers)" "200 $size"
serve_ends "a server of files"

serve --root "$root" --limit http_output=4096
equal "the least that may be held is enough" "$(fetch /numbers)" "200 $size"
ok "for all of it" cmp "$root/numbers" "$got"
serve_ends "a server that holds little"

# ---- what is no directory

refused=$("$E2E_EVTCPD" --root "$root/none" 2>&1)
equal "a root that is not there: status" $? 12
match "and why" "$refused" "--root .*/none: cannot serve what is below it: No such file or directory"
refused=$("$E2E_EVTCPD" --root "$root/numbers" 2>&1)
match "nor is a file a root" "$refused" "Not a directory"

e2e_end
