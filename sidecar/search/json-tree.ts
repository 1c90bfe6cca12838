import type { Node } from "jsonc-parser";

/** A member of an object: its name and its value. */
export interface Member {
	readonly name: string;
	readonly value: Node;
	/** Name and value together. */
	readonly node: Node;
}

/** The members of an object node, in order; of any other node, none. */
export function members(node: Node | undefined): Member[] {
	if (node?.type !== "object") return [];
	return (node.children ?? []).flatMap((member) => {
		const [key, value] = member.children ?? [];
		return typeof key?.value === "string" && value
			? [{ name: key.value, value, node: member }]
			: [];
	});
}

/** The value of a member; undefined where there is no such member. */
export function member(node: Node | undefined, name: string): Node | undefined {
	return members(node).find((candidate) => candidate.name === name)?.value;
}

/** The elements of an array; any other node is the one element of itself, as in much of the query language. */
export function elements(node: Node | undefined): readonly Node[] {
	if (!node) return [];
	return node.type === "array" ? (node.children ?? []) : [node];
}

/** Makes the text that stands for a node; `render` gives the text of a node within it. */
export type Renderer = (render: (node: Node) => string) => string;

/** The text of a tree in which some nodes are rendered anew and everything else stays to the byte. */
export function renderTree(
	text: string,
	root: Node,
	renderers: ReadonlyMap<Node, Renderer>,
): string {
	const render = (node: Node): string => {
		const renderer = renderers.get(node);
		if (renderer) return renderer(render);
		let result = "";
		let position = node.offset;
		for (const child of node.children ?? []) {
			result += text.slice(position, child.offset) + render(child);
			position = child.offset + child.length;
		}
		return result + text.slice(position, node.offset + node.length);
	};
	return (
		text.slice(0, root.offset) +
		render(root) +
		text.slice(root.offset + root.length)
	);
}
