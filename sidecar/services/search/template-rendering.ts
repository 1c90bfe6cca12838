import pLimit from "p-limit";
import {
	compact,
	listRenderer,
	member,
	members,
	parseLeading,
} from "../../../ingest/json-tree.ts";
import { SidecarError } from "../../errors.ts";
import type { SearchTemplate } from "../../search/search-template.ts";
import type { ClientCall } from "../writes/client-call.ts";

/** Templates of one request that are rendered at a time. */
const atOnce = 8;

/** Who renders, and the bound of what is made of all the templates of one request together. */
export interface Rendering {
	call: ClientCall;
	limit: { bytes: number; setting: string };
}

/**
 * The searches that templates make, rendered by OpenSearch in the client's name; undefined for one of which OpenSearch
 * makes none: it says why when it is searched by.
 *
 * @throws SidecarError where there is no answer; too_large past the limit
 */
export function renderTemplates(
	templates: readonly (SearchTemplate | undefined)[],
	{ call, limit }: Rendering,
): Promise<(string | undefined)[]> {
	const queue = pLimit(atOnce);
	let bytes = 0;
	const renderOne = async (template: SearchTemplate) => {
		const search = await render(template, call);
		bytes += Buffer.byteLength(search ?? "");
		if (bytes <= limit.bytes) return search;
		queue.clearQueue();
		throw new SidecarError(
			"too_large",
			`the searches that the request's templates make are together larger than ${limit.setting} allows: ${limit.bytes} bytes`,
		);
	};
	return Promise.all(
		templates.map((template) => template && queue(renderOne, template)),
	);
}

async function render(
	{ text }: SearchTemplate,
	call: ClientCall,
): Promise<string | undefined> {
	const { status, body } = await call({
		method: "POST",
		url: "/_render/template",
		body: text,
	});
	if (status !== 200) return undefined;
	// Where the template makes no JSON, the answer is none either.
	const output = member(parseLeading(body), "template_output");
	if (!output) return undefined;
	const named = members(output).filter(
		({ name, value }) => name === "search_pipeline" && value.type === "string",
	);
	// OpenSearch takes no notice of a pipeline that the search of a template names.
	const without = new Set(named.map(({ node }) => node));
	return listRenderer(body, output, { without })((node) => compact(body, node));
}
