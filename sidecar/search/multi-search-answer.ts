import { membersJson, rawElements, rawMembers } from "./raw-json.ts";

/** What becomes of the answers to the searches that were sent, by their places among those. */
export interface AnswerSplice {
	/** The answers to searches that were not sent, as JSON, by their places in the request. */
	readonly added: ReadonlyMap<number, string>;
	/** Changes an answer that was given. @param place of the search in the request */
	change(answer: string, place: number): Promise<string>;
}

/**
 * The answer to a multi-search of which some searches were not sent: theirs are put in their places, and what was not
 * changed stays to the byte. The answer and the one that is made of it are in memory together.
 *
 * @throws SidecarError upstream_broken for what is no answer to a multi-search
 */
export async function splicedAnswer(
	answer: string,
	{ added, change }: AnswerSplice,
): Promise<string> {
	const members = rawMembers(answer);
	const given = rawElements(members.get("responses"));
	const responses: string[] = [];
	for (let place = 0; given.length > 0 || added.has(place); place++) {
		const own = added.get(place) ?? given.shift();
		if (own === undefined) break;
		responses.push(added.has(place) ? own : await change(own, place));
	}
	members.set("responses", `[${responses.join(",")}]`);
	return membersJson(members);
}
