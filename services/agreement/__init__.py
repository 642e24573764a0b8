"""Online signing and cancelling: offers, agreements and their numbers; at most one binding agreement a graduate.

Its words: proposal (签约申请), offer (签约邀请), agreement (就业协议), attestation (学校鉴证), cancellation (解约). An accepted
offer is the agreement and keeps its id. It never knows a person's name, who reviews what, or where a graduate finally went.
"""
