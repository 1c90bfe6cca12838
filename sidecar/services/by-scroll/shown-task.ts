import type { StoredScrollTask } from "../../../schemas/scroll-task.ts";

/** What of a task is shown besides its end. */
export interface TaskFacts
	extends Pick<
		StoredScrollTask,
		| "node"
		| "action"
		| "description"
		| "status"
		| "start_time"
		| "running_ms"
		| "cancelled_time"
	> {
	number: number;
}

/** A task as `GET _tasks/{id}` shows it. */
export interface ShownTask {
	id: string;
	completed: boolean;
	facts: TaskFacts;
	/** As JSON. */
	response?: string | undefined;
	error?: string | undefined;
}

const nanosecondsInMs = 1_000_000;

/** The JSON of a task within a listing; without status and description where a listing is not detailed. */
export function taskJson(
	facts: TaskFacts,
	{ detailed }: { detailed: boolean },
): string {
	const { node, number, action, description, status } = facts;
	const head = { node, id: number, type: "transport", action };
	const cancelledAt = facts.cancelled_time;
	const rest = {
		...(detailed && { description }),
		start_time_in_millis: facts.start_time,
		running_time_in_nanos: Math.round(facts.running_ms * nanosecondsInMs),
		cancellable: true,
		cancelled: cancelledAt !== undefined,
		headers: {},
		...(cancelledAt !== undefined && { cancellation_time_millis: cancelledAt }),
	};
	const shownStatus = detailed ? `,"status":${status}` : "";
	return `${JSON.stringify(head).slice(0, -1)}${shownStatus},${JSON.stringify(rest).slice(1)}`;
}

/** The answer to `GET _tasks/{id}`. */
export function taskAnswer({
	completed,
	facts,
	response,
	error,
}: ShownTask): string {
	const task = taskJson(facts, { detailed: true });
	const end =
		error !== undefined
			? `,"error":${error}`
			: response !== undefined
				? `,"response":${response}`
				: "";
	return `{"completed":${completed},"task":${task}${end}}`;
}

/** Tasks of one node, as they stand in a listing by nodes. */
export function nodeJson(
	tasks: readonly TaskFacts[],
	options: { detailed: boolean },
): string {
	const [first] = tasks;
	if (!first) return "{}";
	const { node } = first;
	const entries = tasks.map(
		(facts) =>
			`${JSON.stringify(`${node}:${facts.number}`)}:${taskJson(facts, options)}`,
	);
	const name = JSON.stringify(node);
	return `{${name}:{"name":${name},"roles":[],"tasks":{${entries.join(",")}}}}`;
}
