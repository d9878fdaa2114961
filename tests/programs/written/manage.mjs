// The management client of JavaScript, with no scope of its own choosing: it asks for `<endpoint>/.default`.
import { CognitiveServicesManagementClient } from "@azure/arm-cognitiveservices";
import { DefaultAzureCredential } from "@azure/identity";

const { AZURE_SUBSCRIPTION_ID: subscription, AZURE_RESOURCE_GROUP: group, FOUNDRY_ACCOUNT: account } = process.env;
const client = new CognitiveServicesManagementClient(new DefaultAzureCredential(), subscription, {
  endpoint: process.env.PROVISIONER_MANAGEMENT_ENDPOINT,
});

const names = [];
for await (const deployment of client.deployments.list(group, account)) names.push(deployment.name);
const { identity } = await client.accounts.get(group, account);
const keys = await client.accounts.listKeys(group, account);
console.log(JSON.stringify({ names: names.sort(), principal: identity.principalId, keys: Object.keys(keys).sort() }));
