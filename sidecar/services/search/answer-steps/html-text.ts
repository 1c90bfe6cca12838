/** The characters that OpenSearch's `html` encoder of highlights writes as something else. */
const entities: ReadonlyMap<string, string> = new Map([
	["&amp;", "&"],
	["&gt;", ">"],
	["&lt;", "<"],
	["&quot;", '"'],
	["&#x27;", "'"],
	["&#x2F;", "/"],
]);

/** The text that stood before it was written as HTML. */
export function plainText(html: string): string {
	return html.replace(
		/&(?:amp|gt|lt|quot|#x27|#x2F);/g,
		(entity) => entities.get(entity) ?? entity,
	);
}
