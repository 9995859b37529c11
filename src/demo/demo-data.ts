import type { Role } from '../access/principal.js';
import type { Distribution } from '../inboxes/inbox.js';
import { demoId } from './demo-id.js';

interface DemoOperator {
  id: string;
  name: string;
  email: string;
  role: Role;
  maxLoad: number | null;
  available: boolean;
}

interface DemoInbox {
  id: string;
  name: string;
  phoneNumber: string;
  description: string;
  distribution: Distribution;
}

const olivia = demoId('11');
const oscar = demoId('12');
const ada = demoId('14');
const support = demoId('101');
const sales = demoId('102');
const leads = demoId('103');

interface DemoConversation {
  id: string;
  inboxId: string;
  externalConversationId: string;
  customerPhoneNumber: string;
  displayName: string;
  /** When each message came, in minutes before now. */
  messagesMinutesAgo: number[];
  /** Who took it, and whether they are done with it. */
  claimedBy?: string;
  resolved?: boolean;
  labels?: string[];
  lead?: { id: string; externalId: string; name: string; email: string };
}

/** The tenant of the tours in the README and the documents: whatever is added to it changes their figures. */
export const DEMO = {
  tenant: { id: demoId('1'), name: 'Demo Tenant' },
  operators: [
    {
      id: olivia,
      name: 'Olivia Operator',
      email: 'olivia@demo.example',
      role: 'OPERATOR',
      maxLoad: 3,
      available: true,
    },
    {
      id: oscar,
      name: 'Oscar Operator',
      email: 'oscar@demo.example',
      role: 'OPERATOR',
      maxLoad: 2,
      available: true,
    },
    {
      id: demoId('13'),
      name: 'Mona Manager',
      email: 'mona@demo.example',
      role: 'MANAGER',
      maxLoad: null,
      available: false,
    },
    {
      id: ada,
      name: 'Ada Admin',
      email: 'ada@demo.example',
      role: 'ADMIN',
      maxLoad: null,
      available: false,
    },
  ] satisfies DemoOperator[],
  inboxes: [
    {
      id: support,
      name: 'Support',
      phoneNumber: '+4930901820',
      description: 'Questions about orders',
      distribution: 'PULL',
    },
    {
      id: sales,
      name: 'Sales',
      phoneNumber: '+4930901821',
      description: 'Before the first order',
      distribution: 'PULL',
    },
    {
      id: leads,
      name: 'Leads',
      phoneNumber: '+4930901822',
      description: 'Distributed by weight',
      distribution: 'WEIGHTED_RANDOM',
    },
  ] satisfies DemoInbox[],
  subscriptions: [
    { inboxId: support, operatorId: olivia, weight: 1 },
    { inboxId: support, operatorId: oscar, weight: 1 },
    { inboxId: sales, operatorId: olivia, weight: 1 },
    { inboxId: leads, operatorId: olivia, weight: 30 },
    { inboxId: leads, operatorId: oscar, weight: 70 },
  ],
  labels: [
    { id: demoId('201'), createdBy: ada, inboxId: support, name: 'Refund', color: '#d97706' },
    { id: demoId('202'), createdBy: ada, inboxId: support, name: 'Delivery', color: '#2563eb' },
    { id: demoId('203'), createdBy: ada, inboxId: support, name: 'VIP', color: '#9333ea' },
    { id: demoId('204'), createdBy: ada, inboxId: sales, name: 'VIP', color: '#9333ea' },
    { id: demoId('205'), createdBy: ada, inboxId: sales, name: 'Quote', color: '#16a34a' },
  ],
  conversations: [
    {
      id: demoId('301'),
      inboxId: support,
      externalConversationId: 'demo-1',
      customerPhoneNumber: '+4915112345601',
      displayName: 'Carla Customer',
      messagesMinutesAgo: [190, 185, 60],
      labels: [demoId('201')],
      lead: {
        id: demoId('401'),
        externalId: 'crm-1',
        name: 'Carla Customer',
        email: 'carla@customer.example',
      },
    },
    {
      id: demoId('302'),
      inboxId: support,
      externalConversationId: 'demo-2',
      customerPhoneNumber: '+4915112345602',
      displayName: 'Ben Buyer',
      messagesMinutesAgo: [600],
    },
    {
      id: demoId('303'),
      inboxId: support,
      externalConversationId: 'demo-3',
      customerPhoneNumber: '+4915112345603',
      displayName: 'Dora Doubt',
      messagesMinutesAgo: [20, 15, 10, 5, 2],
      labels: [demoId('202'), demoId('203')],
    },
    {
      id: demoId('304'),
      inboxId: sales,
      externalConversationId: 'demo-4',
      customerPhoneNumber: '+4915112345604',
      displayName: 'Emil Early',
      messagesMinutesAgo: [45],
      labels: [demoId('205')],
    },
    {
      id: demoId('305'),
      inboxId: support,
      externalConversationId: 'demo-5',
      customerPhoneNumber: '+4915112345605',
      displayName: 'Frida Friend',
      messagesMinutesAgo: [90, 80],
      claimedBy: oscar,
    },
    {
      id: demoId('306'),
      inboxId: sales,
      externalConversationId: 'demo-6',
      customerPhoneNumber: '+4915112345606',
      displayName: 'Gregor Guest',
      messagesMinutesAgo: [120],
      claimedBy: olivia,
    },
    {
      id: demoId('307'),
      inboxId: support,
      externalConversationId: 'demo-7',
      customerPhoneNumber: '+4915112345607',
      displayName: 'Hanna Happy',
      messagesMinutesAgo: [1500, 1490],
      claimedBy: olivia,
      resolved: true,
    },
  ] satisfies DemoConversation[] as DemoConversation[],
};
