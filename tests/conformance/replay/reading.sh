# Sourced by kubernetes.d/replay: lists, watches, tokens, custom resources.
# shellcheck shell=bash disable=SC2154

replay_40_list() {
	local i

	for i in 1 2 3 4 5; do
		ask "object $i for pages" POST "$cm?fieldManager=ann" $json "$(map "page-$i" '{}' '"labels": {"page": "yes", "odd": "'$((i % 2))'"}')"
	done
	ask 'a list' GET "$cm?labelSelector=page%3Dyes"
	ask 'the first page' GET "$cm?labelSelector=page%3Dyes&limit=2"
	ask 'the second page' GET "$cm?labelSelector=page%3Dyes&limit=2&continue=$(last .metadata.continue)"
	ask 'the last page' GET "$cm?labelSelector=page%3Dyes&limit=2&continue=$(last .metadata.continue)"
	ask 'by two labels' GET "$cm?labelSelector=page%3Dyes,odd%3D1"
	ask 'by a label that is not so' GET "$cm?labelSelector=page%3Dyes,odd%21%3D1"
	ask 'by one of several' GET "$cm?labelSelector=odd+in+%280,7%29"
	ask 'by none of several' GET "$cm?labelSelector=page,odd+notin+%280,7%29"
	ask 'by a label there is' GET "$cm?labelSelector=odd"
	ask 'by a label there is not' GET "$cm?labelSelector=page%3Dyes,%21odd"
	ask 'by name' GET "$cm?fieldSelector=metadata.name%3Dpage-3"
	ask 'by a selector that is none' GET "$cm?labelSelector=a%3D%3D%3Db"
	ask 'a page that is none' GET "$cm?limit=2&continue=nonsense"
	ask 'in all namespaces' GET "/api/v1/configmaps?labelSelector=page%3Dyes&limit=3"
	ask 'of a kind that has none' GET $ns/limitranges
}

replay_45_watch() {
	local version

	ask 'where to watch from' GET "$cm?labelSelector=watched"
	version=$(last .metadata.resourceVersion)
	ask 'made' POST "$cm?fieldManager=ann" $json "$(map w1 '{"a": "1"}' '"labels": {"watched": "1"}')"
	ask 'changed' PATCH "$cm/w1?fieldManager=ann" $merge '{"data": {"a": "2"}}'
	ask 'made without the label' POST "$cm?fieldManager=ann" $json "$(map w2 '{"a": "1"}')"
	ask 'given the label' PATCH "$cm/w2?fieldManager=ann" $merge '{"metadata": {"labels": {"watched": "1"}}}'
	ask 'its label taken' PATCH "$cm/w2?fieldManager=ann" $merge '{"metadata": {"labels": {"watched": null}}}'
	ask 'deleted' DELETE $cm/w1
	watch 'all of that' 2 "$cm?watch=true&labelSelector=watched&allowWatchBookmarks=true&resourceVersion=$version"
	watch 'one by its name' 2 "$cm?watch=true&fieldSelector=metadata.name%3Dw2&resourceVersion=$version"
	ask 'a watch that ends by itself' GET "$cm?watch=true&timeoutSeconds=1&labelSelector=none&resourceVersion=$version"
	watch 'from what there is' 2 "$cm?watch=true&labelSelector=page%3Dyes&resourceVersion=0"
}

replay_50_tokens() {
	ask 'a token' POST $ns/serviceaccounts/one/token $json '{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": ["vault"], "expirationSeconds": 600}}'
	local token
	token=$(last .status.token)
	ask 'a token of nobody' POST $ns/serviceaccounts/nobody/token $json '{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}'
	ask 'a token for a moment' POST $ns/serviceaccounts/one/token $json '{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 10}}'
	ask 'is reviewed' POST /apis/authentication.k8s.io/v1/tokenreviews $json "{\"apiVersion\": \"authentication.k8s.io/v1\", \"kind\": \"TokenReview\", \"spec\": {\"audiences\": [\"vault\"], \"token\": \"$token\"}}"
	ask 'is for nobody else' POST /apis/authentication.k8s.io/v1/tokenreviews $json "{\"apiVersion\": \"authentication.k8s.io/v1\", \"kind\": \"TokenReview\", \"spec\": {\"token\": \"$token\"}}"
	ask 'a wrong one is refused' POST /apis/authentication.k8s.io/v1/tokenreviews $json '{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": "nonsense"}}'
}

widget() { # NAME SPEC
	printf '{"apiVersion": "replay.example.com/v1", "kind": "Widget", "metadata": {"name": "%s"}, "spec": %s}' "$1" "$2"
}

replay_55_custom() {
	ask 'a kind is defined' POST "/apis/apiextensions.k8s.io/v1/customresourcedefinitions?fieldManager=ann" $json '{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.replay.example.com"},
		"spec": {"group": "replay.example.com", "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets"}, "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
		"schema": {"openAPIV3Schema": {"type": "object", "required": ["spec"], "properties": {"spec": {"type": "object", "required": ["size"], "properties": {
			"size": {"type": "integer", "minimum": 1}, "colour": {"type": "string", "enum": ["red", "blue"], "default": "red"}, "note": {"type": "string", "nullable": true},
			"free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}, "words": {"type": "array", "items": {"type": "string"}},
			"parts": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["id"], "items": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "n": {"type": "integer"}}}}}},
			"status": {"type": "object", "properties": {"ready": {"type": "boolean"}}}}}}}]}}'
	printf '' >"$work/answer"
	settle /apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.replay.example.com '[.status.conditions[] | select(.type == "Established") | .status] == ["True"]'
	settle /apis/replay.example.com/v1 '[.resources[].name] | index("widgets") != null'
	until_so 10 eval '[ "$(api "$widgets" -o /dev/null -w "%{http_code}")" = 200 ]'
	ask 'one is made, defaults filled in, what is not known dropped' POST "$widgets?fieldManager=ann" $json "$(widget one '{"size": 1, "unknown": true, "free": {"any": ["thing"]}}')"
	ask 'one that is not valid' POST "$widgets?fieldManager=ann" $json "$(widget bad '{"size": 0}')"
	ask 'one of the wrong type' POST "$widgets?fieldManager=ann" $json "$(widget bad '{"size": "large"}')"
	ask 'one that lacks a field' POST "$widgets?fieldManager=ann" $json "$(widget bad '{}')"
	ask 'one of no colour' POST "$widgets?fieldManager=ann" $json "$(widget bad '{"size": 1, "colour": "grey"}')"
	ask 'its status is a resource of its own' PATCH "$widgets/one/status?fieldManager=ctl" $merge '{"status": {"ready": true}, "spec": {"size": 9}}'
	ask 'its generation counts the spec' PATCH "$widgets/one?fieldManager=ann" $merge '{"spec": {"size": 2}, "status": {"ready": false}}'
	ask 'not its labels' PATCH "$widgets/one?fieldManager=ann" $merge '{"metadata": {"labels": {"a": "b"}}}'
	ask 'no strategic merge' PATCH "$widgets/one?fieldManager=ann" $strategic '{"spec": {"size": 3}}'
	ask 'applied' PATCH "$widgets/two?fieldManager=ann" $apply "$(widget two '{"size": 1, "words": ["a", "b"], "parts": [{"id": "x", "n": 1}]}')"
	ask 'a part of another' PATCH "$widgets/two?fieldManager=bob" $apply "$(widget two '{"size": 1, "parts": [{"id": "y", "n": 2}]}')"
	ask 'a list without keys is one value' PATCH "$widgets/two?fieldManager=bob" $apply "$(widget two '{"size": 1, "words": ["c"]}')"
	ask 'a part less' PATCH "$widgets/two?fieldManager=ann" $apply "$(widget two '{"size": 1, "words": ["a", "b"]}')"
	ask 'its status applied' PATCH "$widgets/two/status?fieldManager=ctl" $apply '{"apiVersion": "replay.example.com/v1", "kind": "Widget", "metadata": {"name": "two"}, "status": {"ready": true}}'
	ask 'as a dry run' PATCH "$widgets/two?fieldManager=ann&dryRun=All&force=true" $apply "$(widget two '{"size": 5}')"
	ask 'all of them' GET $widgets
	ask 'the definition goes' DELETE /apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.replay.example.com
	until_so 20 eval '[ "$(api "$widgets" -o /dev/null -w "%{http_code}")" = 404 ]'
	ask 'and all of them' GET $widgets
}

replay_58_discovery() {
	ask 'there is no such path' GET /nothing
}
