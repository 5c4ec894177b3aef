'use strict';

// Elastic Load Balancing has two pages, of its two generations, with actions of
// the same names; the package has the resource types of the first.
const balancers = ['app', 'gwy', 'net'].map((kind) => ({ name: `loadbalancer/${kind}/`, required: false }));
const taggable = [...balancers, ...['listener/app', 'listener/gwy', 'listener/net', 'listener-rule/app', 'listener-rule/net', 'targetgroup', 'truststore']
  .map((name) => ({ name, required: false }))];
const moreResources = {
  'elasticloadbalancing:AddTags': taggable, 'elasticloadbalancing:RemoveTags': taggable,
  'elasticloadbalancing:CreateLoadBalancer': balancers, 'elasticloadbalancing:DeleteLoadBalancer': balancers,
  'elasticloadbalancing:ModifyLoadBalancerAttributes': balancers,
};

module.exports = { moreResources };
