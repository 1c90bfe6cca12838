import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { guardedUrl } from "../../sidecar/proxy/access/guarded-url.ts";
import { HiddenNames } from "../../sidecar/proxy/access/hidden-names.ts";

const names = new HiddenNames(new Set());
const guarded = (url: string) => guardedUrl(url, names).url;

describe("a URL", () => {
	it.each([
		[
			"/*/_search?expand_wildcards=all",
			"/*,-.ml-sidecar-*/_search?expand_wildcards=all",
		],
		[
			"/_all/_search?expand_wildcards=all",
			"/*,-.ml-sidecar-*/_search?expand_wildcards=all",
		],
		["/%5Fall?expand_wildcards=all", "/*,-.ml-sidecar-*?expand_wildcards=all"],
		["/.m*,/_count", "/.m*,-.ml-sidecar-*/_count"],
		["/_all,?expand_wildcards=all", "/*,-.ml-sidecar-*?expand_wildcards=all"],
		[
			"/,/_search?expand_wildcards=all",
			"/*,-.ml-sidecar-*/_search?expand_wildcards=all",
		],
		[
			"/%2C/_count?expand_wildcards=all",
			"/*,-.ml-sidecar-*/_count?expand_wildcards=all",
		],
		[
			"/_all%2C,/_search?expand_wildcards=all",
			"/*,-.ml-sidecar-*/_search?expand_wildcards=all",
		],
		[
			"/_search?index=_all,&expand_wildcards=all",
			"/_search?index=*,-.ml-sidecar-*&expand_wildcards=all",
		],
		[
			"/_cat/indices/_all,?expand_wildcards=all",
			"/_cat/indices/*,-.ml-sidecar-*?expand_wildcards=all",
		],
		[
			"/a,b:_all/_search?expand_wildcards=all",
			"/a%2Cb%3A*,b:-.ml-sidecar-*/_search?expand_wildcards=all",
		],
		["/%2Em%2a/_count", "/%2Em%2a,-.ml-sidecar-*/_count"],
		[
			"/_search?expand_wildcards=open,hidden",
			"/_search?expand_wildcards=open,hidden&index=*,-.ml-sidecar-*",
		],
		[
			"/_search_shards?expand_wildcards=all",
			"/_search_shards?expand_wildcards=all&index=*,-.ml-sidecar-*",
		],
		["/_count?index=.m*&pretty", "/_count?index=.m*,-.ml-sidecar-*&pretty"],
		[
			"/_count?index=_all&expand_wildcards=all",
			"/_count?index=*,-.ml-sidecar-*&expand_wildcards=all",
		],
		["/_cat/indices/.m*?v", "/_cat/indices/.m*,-.ml-sidecar-*?v"],
		["/_cluster/health/*", "/_cluster/health/*,-.ml-sidecar-*"],
		["/*/_alias/x", "/*,-.ml-sidecar-*/_alias/x"],
	])("is kept from reaching hidden indices: %s", (url, expected) => {
		expect(guarded(url)).toBe(expected);
	});

	it.each([
		"/",
		"/_search",
		"/*/_search",
		"/_all/_search",
		"/*/_search?expand_wildcards=none",
		"/.m*/_search?expand_wildcards=hidden",
		"/i/_doc/.ml-sidecar-model",
		"/i/_doc/a%2Fb",
		"/i/_search?q=.ml-sidecar-model",
		"/_ingest/pipeline/.ml-sidecar-model",
		"/_scripts/.ml-sidecar-model",
		"/_snapshot/r/.ml-sidecar-model",
		"/_cluster/state/_all?expand_wildcards=all",
		"/_plugins/_ml/models/.ml-sidecar-x",
		"/%zz",
	])("that is harmless stays to the byte: %s", (url) => {
		expect(guarded(url)).toBe(url);
	});

	it.each([
		"/.ml-sidecar-model",
		"/%2eml-sidecar-model/_doc/1",
		"/i/_alias/.ml-sidecar-x",
		"/i/_split/.ml-sidecar-x",
		"/_cat/shards/.ml-sidecar-model",
		"/_plugins/_knn/warmup/.ml-sidecar-model",
		"/_count?a=b;index=i,.ml-sidecar-model",
		"/_count?index=i&index=.ml-sidecar-model",
		"/_count?%69ndex=%2eml-sidecar-model",
		"/_index_template/ml-sidecar-model",
		"/_index_template/_simulate/ml-sidecar-model",
	])("that names one is refused: %s", (url) => {
		expect(() => guarded(url)).toThrow("can be reached through its API");
	});

	it("is harmless once it was made so, whatever it is", () => {
		const piece = fc.constantFrom(
			..."/ * _all .m ? & = index expand_wildcards all hidden , %2a %2c - : < > _search _cat indices".split(
				" ",
			),
		);
		fc.assert(
			fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
				const url = `/${pieces.join("")}`;
				let once: string;
				try {
					once = guarded(url);
				} catch {
					return;
				}
				expect(guarded(once)).toBe(once);
			}),
			{ numRuns: 5_000 },
		);
	});
});
