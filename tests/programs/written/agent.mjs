// What a JavaScript program does with a project: looks around, teaches a store, makes an agent, asks it, also in a stream.
// Prints one JSON object.
import { AIProjectClient } from "@azure/ai-projects";
import { DefaultAzureCredential } from "@azure/identity";

const project = new AIProjectClient(process.env.FOUNDRY_PROJECT_ENDPOINT, new DefaultAzureCredential());
const openai = project.getOpenAIClient();
const stores = project.beta.memoryStores;
const model = process.env.FOUNDRY_MODEL_NAME;
const scope = "user_noor";

async function all(pages) {
  const found = [];
  for await (const one of pages) found.push(one);
  return found;
}

const message = (content) => ({ type: "message", role: "user", content });

await stores.create("js-memory", {
  kind: "default",
  chat_model: model,
  embedding_model: process.env.MEMORY_STORE_EMBEDDING_MODEL_DEPLOYMENT_NAME,
});
const update = await stores.updateMemories("js-memory", scope, {
  items: [message("I drink green tea and I live in Lisbon.")],
  updateDelayInSecs: 0,
});
const search = await stores.searchMemories("js-memory", scope, { items: [message("What tea do I drink?")] });

const agent = await project.agents.createVersion("js-agent", {
  kind: "prompt",
  model,
  instructions: "Be helpful.",
  tools: [{ type: "memory_search_preview", memory_store_name: "js-memory", scope, update_delay: 1 }],
});
const reference = { agent_reference: { type: "agent_reference", name: agent.name, version: agent.version } };
const response = await openai.responses.create({ input: "Suggest a drink for me.", ...reference });

const stream = await openai.responses.create({ input: "Suggest a drink for me.", stream: true, ...reference });
const events = [];
let streamed = "";
for await (const event of stream) {
  events.push(event.type);
  if (event.type === "response.output_text.delta") streamed += event.delta;
}

let refusal = "";
try {
  await stores.get("nowhere");
} catch (error) {
  refusal = `${error.name} ${error.statusCode}`;
}

console.log(
  JSON.stringify({
    deployments: (await all(project.deployments.list())).map((one) => one.name),
    stores: (await all(stores.list())).map((one) => one.name),
    extracted: update.memory_operations.map((one) => `${one.kind}: ${one.memory_item.content}`),
    recalled: search.memories.map((one) => one.memory_item.content),
    version: agent.version,
    answer: response.output_text,
    items: response.output.map((one) => one.type),
    events,
    streamed,
    refusal,
    deleted: [(await project.agents.delete("js-agent")).deleted, (await stores.delete("js-memory")).deleted],
  }),
);
