import type { Node } from "jsonc-parser";
import {
	listRenderer,
	type Member,
	member,
	members,
	type Renderer,
} from "../json-tree.ts";

const prefixed = "index.final_pipeline";

/** The final pipeline in an index's settings as a client may write them; null where it takes it away. */
export function writtenFinal(settings: Node | undefined): Member | undefined {
	const places = [settings, member(settings, "index")];
	return places
		.flatMap((place) => members(place))
		.find(({ name }) => name === prefixed || name === "final_pipeline");
}

/** How settings read with another final pipeline. */
export function finalRenderers(
	text: string,
	settings: Node,
	id: string,
): Map<Node, Renderer> {
	const written = writtenFinal(settings);
	if (written) return new Map([[written.value, () => JSON.stringify(id)]]);
	const added = `"${prefixed}":${JSON.stringify(id)}`;
	return new Map([[settings, listRenderer(text, settings, { added })]]);
}

/**
 * How an index, or a template for indices, reads with a final pipeline.
 *
 * @param object of the body
 * @param within the name of the holder in the object; without one the object itself is it
 */
export function holderRenderers(
	text: string,
	object: Node,
	{ id, within }: { id: string; within?: string },
): Map<Node, Renderer> {
	const holder = within === undefined ? object : member(object, within);
	const settings = member(holder, "settings");
	if (settings?.type === "object") return finalRenderers(text, settings, id);
	const added = `"settings":${JSON.stringify({ [prefixed]: id })}`;
	if (holder) return new Map([[holder, listRenderer(text, holder, { added })]]);
	const whole = `"${within}":{${added}}`;
	return new Map([[object, listRenderer(text, object, { added: whole })]]);
}
